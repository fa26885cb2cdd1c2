import Glibc
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Ends when standard input does: the other end of the pipe is held by whoever started this process, and the kernel closes
/// it when that process ends in whatever way.
struct InputWatch: Service {
    func run() async throws {
        let descriptor = dup(STDIN_FILENO)
        guard descriptor >= 0 else { throw CommandFailure("standard input is not open.") }
        let channel: NIOAsyncChannel<ByteBuffer, Never>
        do {
            channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .takingOwnershipOfDescriptor(input: descriptor) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, Never>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw CommandFailure("standard input cannot be watched, because it is no pipe: \(error).")
        }
        do {
            try await channel.executeThenClose { inbound in
                for try await _ in inbound.cancelOnGracefulShutdown() {}
            }
        } catch is CancellationError {
            return
        }
    }
}
