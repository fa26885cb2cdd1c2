import Foundation
import LocalCluster
import NIOConcurrencyHelpers
import Secrets
import SystemPackage
import TestSupport
import Testing

/// A value that a closure leaves for the test.
final class Seen<Value: Sendable>: Sendable {
    private let box = NIOLockedValueBox<Value?>(nil)

    var value: Value? { self.box.withLockedValue { $0 } }

    func set(_ value: Value) { self.box.withLockedValue { $0 = value } }
}

/// What a start reports, in order.
final class Steps: Sendable {
    private let box = NIOLockedValueBox<[LocalCluster.Progress]>([])

    var all: [LocalCluster.Progress] { self.box.withLockedValue { $0 } }

    var createdADatabase: Bool {
        self.all.contains { step in if case .creatingDatabase = step { true } else { false } }
    }

    func note(_ step: LocalCluster.Progress) { self.box.withLockedValue { $0.append(step) } }
}

/// Both servers, their children and their supervisors.
func processIDs(of servers: LocalCluster.Servers) async throws -> [Int32] {
    let own = [
        try #require(await servers.postgres.processID),
        try #require(await servers.redis.processID),
    ]
    return try own.flatMap { process in
        [process, try #require(try parent(of: process))] + ProcessTable.children(of: process)
    }
}

/// The arguments of a process, as everybody can read them; `nil` when it is gone.
func arguments(of process: Int32) -> String? {
    do { return try text(FilePath("/proc/\(process)/cmdline")) } catch { return nil }
}

/// The process that started another.
func parent(of process: Int32) throws -> Int32? {
    let fields = try text(FilePath("/proc/\(process)/stat")).split(separator: ")").last?.split(separator: " ")
    return fields.flatMap { Int32($0[1]) }
}

func text(_ path: FilePath) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path.string)), as: UTF8.self)
}

func write(_ text: String, to path: FilePath) throws {
    try text.write(toFile: path.string, atomically: false, encoding: .utf8)
}

func exists(_ path: FilePath) -> Bool { FileManager.default.fileExists(atPath: path.string) }

func contents(_ folder: FilePath) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.string)
}

/// Expects a statement to give these rows.
func expect(
    _ rows: [String],
    from statement: String,
    on database: Secret,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let found = try await execute(statement, on: database)
    #expect(found == rows, sourceLocation: sourceLocation)
}

/// The message of the cluster's error that `body` throws.
func refusal(
    _ code: LocalClusterError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws -> String {
    let error = try #require(
        await #expect(throws: LocalClusterError.self, sourceLocation: sourceLocation) { try await body() }
    )
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    return error.message
}
