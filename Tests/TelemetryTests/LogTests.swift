import Glibc
import JSON
import Logging
import Secrets
import Testing

@testable import Telemetry

/// Lines as they arrive at the other end of a pipe.
struct LogTests {
    @Test("A JSON line has the event, its fields and nothing that breaks it")
    func json() throws {
        let pipe = try Pipe()
        var logger = Logger(label: "test", output: LogOutput(descriptor: pipe.writeEnd, format: .json))
        logger[metadataKey: "replica"] = "a"
        logger.info("two\nlines \"quoted\"", metadata: ["list": ["1", "2"], "inner": ["x": "y"], "level": "mine"])
        let line = try #require(pipe.lines().first)
        let json = try JSONValue(parsing: line.utf8)
        #expect(json["level"] == "info")
        #expect(json["logger"] == "test")
        #expect(json["message"] == "two\nlines \"quoted\"")
        #expect(json["replica"] == "a")
        #expect(json["list"] == ["1", "2"])
        #expect(json["inner"] == ["x": "y"])
        #expect(json["field_level"] == "mine")
        #expect(json["time"]?.stringValue?.hasSuffix("Z") == true)
    }

    @Test("A text line is one line, whatever is in it, and commands no terminal")
    func text() throws {
        let pipe = try Pipe()
        let logger = Logger(label: "test", output: LogOutput(descriptor: pipe.writeEnd, format: .text))
        logger.warning("a\nb\u{1B}[31m", metadata: ["path": "/x y", "forged": "1\n2026-01-01 ERROR: no", "none": ""])
        let lines = pipe.lines()
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        #expect(line.contains("WARNING  test: a\\nb\\u{1b}[31m"))
        #expect(line.contains("path=\"/x y\""))
        #expect(line.contains("none=\"\""))
        #expect(!line.contains("\u{1B}"))
    }

    @Test("A secret cannot be logged, as message, field or error", arguments: [LogFormat.json, .text])
    func secrets(format: LogFormat) throws {
        struct Failure: Error { let key: Secret }
        let pipe = try Pipe()
        let logger = Logger(label: "test", output: LogOutput(descriptor: pipe.writeEnd, format: format))
        let key = Secret("MARKED-SECRET")
        logger.error("\(key)", error: Failure(key: key), metadata: ["key": "\(key)", "keys": "\([key])"])
        logger.error("\(String(reflecting: Failure(key: key)))", metadata: ["key": .stringConvertible(key)])
        let lines = pipe.lines()
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { !$0.contains("MARKED") && $0.contains("‹secret›") })
    }

    @Test("A change of the level holds for loggers that exist; a logger's own level is its own")
    func levels() throws {
        let pipe = try Pipe()
        let output = LogOutput(descriptor: pipe.writeEnd, format: .text, level: .warning)
        let logger = Logger(label: "a", output: output)
        var loud = Logger(label: "b", output: output)
        loud.logLevel = .debug
        logger.info("unseen")
        loud.debug("seen")
        output.level = .debug
        logger.debug("seen too")
        #expect(pipe.lines().map { $0.contains("seen") && !$0.contains("unseen") } == [true, true])
    }

    @Test("A line without end is cut")
    func cut() throws {
        let pipe = try Pipe()
        let logger = Logger(label: "test", output: LogOutput(descriptor: pipe.writeEnd, format: .json))
        logger.info("long", metadata: ["body": "\(String(repeating: "x", count: 100_000))"])
        let line = try #require(pipe.lines().first)
        #expect(line.utf8.count < LogLine.limit)
        #expect(try JSONValue(parsing: line.utf8)["cut"] != nil)
    }

    @Test("A reader that has stopped reading loses lines, and is told how many")
    func stalled() throws {
        let pipe = try Pipe()
        let logger = Logger(label: "test", output: LogOutput(descriptor: pipe.writeEnd, format: .json))
        // More than any pipe holds; returns because lines are dropped.
        let count = 2000
        for number in 0..<count { logger.info("\(number) \(String(repeating: "x", count: 1000))") }
        let before = pipe.lines()
        #expect(before.count < count)
        logger.info("after")
        let after = pipe.lines()
        #expect(after.count == 2)
        let note = try JSONValue(parsing: try #require(after.first).utf8)
        #expect(note["lines"] == .string("\(count - before.count)"))
        // What came before is whole.
        #expect(before.enumerated().allSatisfy { $0.element.contains("\"message\":\"\($0.offset) ") })
    }
}

/// A pipe whose reader takes what is there, without waiting.
private final class Pipe {
    private let readEnd: Int32
    let writeEnd: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        self.readEnd = ends[0]
        self.writeEnd = ends[1]
        try #require(fcntl(self.readEnd, F_SETFL, O_NONBLOCK) == 0)
    }

    deinit {
        close(self.readEnd)
        close(self.writeEnd)
    }

    func lines() -> [String] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(self.readEnd, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
