import DequeModule
import NIOConcurrencyHelpers
import NIOCore
import Reactor

/// A request's body that is read from a sequence while it is sent.
///
/// A task of the client reads the sequence and waits when the network is behind; the engine takes bytes on its thread
/// and pauses when the sequence is behind. Between them is a bounded queue under a lock.
final class Upload: Sendable {
    typealias Source = any AsyncSequence<ByteBuffer, any Error> & Sendable

    /// The answer to libcurl's question for bytes.
    enum Portion {
        case copied(Int)
        /// Nothing is there yet; somebody will say when.
        case pause
        case end
        case failed(String)
    }

    private enum End {
        case complete
        case failed(String)
    }

    private struct Queue {
        var chunks = Deque<ByteBuffer>()
        var bytes = 0
        var total = 0
        var end: End?
        var hasBegun = false
        /// libcurl was told to pause.
        var isStarved = false
        /// The transfer has ended: nothing more is wanted.
        var isOver = false
        var writer: CheckedContinuation<Void, Never>?
    }

    let length: Int?
    private let source: Source
    private let highMark: Int
    private let queue = NIOLockedValueBox(Queue())
    private let over = Reply<Void>()

    init(_ source: Source, length: Int?, highMark: Int) {
        self.source = source
        self.length = length
        self.highMark = highMark
    }

    // MARK: The client's task

    /// Reads the sequence to its end, or until the transfer has ended.
    ///
    /// - Parameter resume: Tells the engine that bytes are there again.
    func run(resume: @escaping @Sendable () -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.readSource(resume) }
            group.addTask {
                // Cancelled when the sequence has ended; there is nothing to do then.
                do { try await self.over.value() } catch { return }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func readSource(_ resume: @Sendable () -> Void) async {
        self.queue.withLockedValue { $0.hasBegun = true }
        do {
            for try await chunk in self.source where chunk.readableBytes > 0 {
                let (isStarved, isOver) = self.queue.withLockedValue { queue -> (Bool, Bool) in
                    queue.chunks.append(chunk)
                    queue.bytes += chunk.readableBytes
                    queue.total += chunk.readableBytes
                    if let length = self.length, queue.total > length {
                        queue.end = .failed("the request's body has more than the \(length) bytes that were declared")
                    }
                    defer { queue.isStarved = false }
                    return (queue.isStarved, queue.isOver || queue.end != nil)
                }
                if isStarved { resume() }
                guard !isOver else { return }
                await self.waitForRoom()
            }
            self.finish(.complete, resume)
        } catch {
            self.finish(.failed("the request's body could not be read: \(error)"), resume)
        }
    }

    private func finish(_ end: End, _ resume: () -> Void) {
        let isStarved = self.queue.withLockedValue { queue in
            if queue.end == nil { queue.end = end }
            if case .complete = end, let length = self.length, queue.total < length {
                queue.end = .failed("the request's body has \(queue.total) of the \(length) bytes that were declared")
            }
            defer { queue.isStarved = false }
            return queue.isStarved
        }
        if isStarved { resume() }
    }

    private func waitForRoom() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (writer: CheckedContinuation<Void, Never>) in
                let mustWait = self.queue.withLockedValue { queue in
                    guard queue.bytes >= self.highMark, !queue.isOver, !Task.isCancelled else { return false }
                    queue.writer = writer
                    return true
                }
                if !mustWait { writer.resume() }
            }
        } onCancel: {
            self.takeWriter()?.resume()
        }
    }

    private func takeWriter() -> CheckedContinuation<Void, Never>? {
        self.queue.withLockedValue { queue in
            defer { queue.writer = nil }
            return queue.writer
        }
    }

    // MARK: The engine's thread

    /// Whether the engine waits for the sequence, which is nobody's fault but its own.
    var isWaitingForSource: Bool {
        self.queue.withLockedValue { $0.isStarved && $0.hasBegun }
    }

    /// Whether any byte was taken, so that the body cannot be sent from its beginning again.
    var hasBegunToSend: Bool {
        self.queue.withLockedValue { $0.total > $0.bytes }
    }

    /// Copies the next bytes.
    func read(into target: UnsafeMutableRawBufferPointer) -> Portion {
        let (portion, writer) = self.queue.withLockedValue { queue -> (Portion, CheckedContinuation<Void, Never>?) in
            if case .failed(let reason) = queue.end { return (.failed(reason), nil) }
            guard queue.bytes > 0 else {
                if queue.end != nil { return (.end, nil) }
                queue.isStarved = true
                return (.pause, nil)
            }
            var copied = 0
            while copied < target.count, var chunk = queue.chunks.popFirst() {
                let count = min(chunk.readableBytes, target.count - copied)
                chunk.readWithUnsafeReadableBytes { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: target[copied...])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                    return count
                }
                copied += count
                if chunk.readableBytes > 0 { queue.chunks.prepend(chunk) }
            }
            queue.bytes -= copied
            guard queue.bytes <= self.highMark / 2 else { return (.copied(copied), nil) }
            defer { queue.writer = nil }
            return (.copied(copied), queue.writer)
        }
        writer?.resume()
        return portion
    }

    /// The transfer has ended.
    func end() {
        let writer = self.queue.withLockedValue { queue in
            queue.isOver = true
            queue.chunks.removeAll()
            defer { queue.writer = nil }
            return queue.writer
        }
        writer?.resume()
        self.over.answer(.success(()))
    }
}
