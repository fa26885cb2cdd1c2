import CCurl
import Reactor

/// The end of an engine: refuse, wait for a while, then let go of everything on the loop's own thread.
extension Engine {
    /// Takes no new transfers and waits until the running and waiting ones have ended, or the grace is over.
    ///
    /// A cancelled task does not wait: all transfers are cancelled at once.
    func shutDown(within grace: Duration) async {
        guard !self.isClosed else { return }
        self.isRefusing = true
        if self.places.isEmpty || Task.isCancelled {
            self.close()
            return
        }
        let reply = Reply<Void>()
        self.closed.append(reply)
        let timer = self.reactor.schedule(after: grace) { self.assumeIsolated { $0.close() } }
        do {
            try await reply.value()
        } catch {
            // Cancelled while it waited: the grace ends here.
            self.close()
        }
        self.reactor.cancel(timer)
    }

    /// Closes without waiting, from any thread.
    nonisolated func closeNow() {
        self.reactor.submit { self.assumeIsolated { $0.close() } }
    }

    /// Cancels what runs, closes all connections and frees libcurl's handles: easy ones first, on their own thread.
    func close() {
        guard !self.isClosed else { return }
        self.isRefusing = true
        for place in self.places.values {
            switch place {
            case .waiting(let exchange):
                self.end(exchange, .failed(exchange.error(.closed, "the client has shut down")))
            case .running(let handle):
                guard let exchange = handle.exchange else { continue }
                self.end(exchange, .failed(self.described(exchange.error(.closed, "the client has shut down"), handle)))
            }
        }
        self.isClosed = true
        self.touchedHandles.removeAll()
        self.idleHandles.removeAll()
        self.handles.removeAll()
        self.routes.removeAll()
        self.check(curl_multi_cleanup(self.multi))
        let status = curl_share_cleanup(self.share)
        assert(status == CURLSHE_OK, "a share handle is freed after its easy handles")
        if let timer = self.curlTimer?.timer { self.reactor.cancel(timer) }
        if let timer = self.sweepTimer?.timer { self.reactor.cancel(timer) }
        (self.curlTimer, self.sweepTimer) = (nil, nil)
        let waiting = self.closed
        self.closed.removeAll()
        for reply in waiting { reply.answer(.success(())) }
    }
}
