import Foundation
import JSON
import Testing

/// The executable, as a person or a script runs it.
@Suite("Command line", .serialized)
struct CommandTests {
    private static let executable = Bundle.main.executableURL?.deletingLastPathComponent()
        .appending(path: "provider-simulator")

    /// The products stand beside the test bundle, or beside the tool that runs it.
    private static func path() throws -> URL {
        let places = [
            Self.executable,
            CommandLine.arguments.first { $0.hasSuffix(".xctest") }.map {
                URL(filePath: $0).deletingLastPathComponent().appending(path: "provider-simulator")
            },
        ]
        return try #require(places.compactMap(\.self).first { FileManager.default.isExecutableFile(atPath: $0.path) })
    }

    private static func start(_ arguments: [String]) throws -> (process: Process, output: Pipe, errors: Pipe) {
        let process = Process()
        process.executableURL = try Self.path()
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        return (process, output, errors)
    }

    private static func finish(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let (process, output, errors) = try Self.start(arguments)
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text, complaint)
    }

    @Test("It says where it is, answers curl, and ends with 0 after SIGTERM and SIGINT", arguments: [SIGTERM, SIGINT])
    func run(signal: Int32) throws {
        let arguments = ["--port", "0", "--fault", "openai:count=1:status=503", "--key", "anthropic=right"]
        let (process, output, _) = try Self.start(arguments)
        defer { process.terminate() }
        var text = ""
        while !text.contains("ROSTER_EGRESS_URL="), process.isRunning {
            text += String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        }
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("ROSTER_EGRESS_URL=") })
        let url = String(line.dropFirst("ROSTER_EGRESS_URL=".count))

        func curl(_ arguments: [String]) throws -> String {
            let curl = Process()
            curl.executableURL = URL(filePath: "/usr/bin/curl")
            curl.arguments = ["-s", "--max-time", "20", "-w", "\n%{http_code}"] + arguments
            let pipe = Pipe()
            curl.standardOutput = pipe
            try curl.run()
            let data = pipe.fileHandleForReading.readDataToEndOfFile()
            curl.waitUntilExit()
            return String(decoding: data, as: UTF8.self)
        }
        let chat = [
            "\(url)/api.openai.com/v1/chat/completions", "-H", "Authorization: Bearer any", "-N", "-d",
            #"{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Hello"}]}"#,
        ]
        #expect(try curl(chat).hasSuffix("\n503"))
        let stream = try curl(chat)
        #expect(stream.contains("\"content\":\" Hello\""))
        #expect(stream.hasSuffix("data: [DONE]\n\n\n200"))
        #expect(try curl(["\(url)/openrouter.ai/api/v1/models"]).hasSuffix("\n200"))

        #expect(kill(process.processIdentifier, signal) == 0)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 0)
    }

    @Test("The help explains every behaviour and the endpoints, with examples")
    func help() throws {
        let (status, text, _) = try Self.finish(["--help"])
        #expect(status == 0)
        for word in [
            "EXAMPLES", "latency=200ms", "error-event", "/_simulator/faults", "--recordings", "ROSTER_EGRESS_URL",
            "X-Simulate",
        ] {
            #expect(text.contains(word), "\(word)")
        }
    }

    @Test(
        "What cannot be read is a usage error that names it",
        arguments: [
            ["--port", "70000"], ["--simulate", "latency=soon"], ["--fault", "openai:nonsense"],
            ["--recording", "openrouter"], ["--key", "nobody=secret"], ["--threads", "0"],
        ]
    )
    func usage(arguments: [String]) throws {
        let (status, _, complaint) = try Self.finish(arguments)
        #expect(status == 64)
        #expect(
            complaint.contains(arguments[1].split(separator: "=").first.map(String.init) ?? "")
                || complaint.contains(arguments[0])
        )
    }

    @Test("A folder of recordings that is not there is an error that names it, and no usage error")
    func missingFolder() throws {
        let (status, _, complaint) = try Self.finish(["--port", "0", "--recordings", "/nonexistent/folder"])
        #expect(status == 1)
        #expect(complaint.contains("/nonexistent/folder"))
    }
}
