import FoundationEssentials
import HTTP
package import JSON

/// What this replica runs on, as `GET /v1/registry/status` shows it.
package struct Hardware: Sendable, Hashable {
    /// A graphics processor.
    package struct GPU: Sendable, Hashable {
        /// What its driver calls it.
        package let name: String
        /// Its own memory, in bytes; nil where its driver does not say.
        package let memoryBytes: Int64?
    }

    /// `linux`.
    package let platform: String
    /// `x86_64`, `arm64`.
    package let architecture: String
    /// What the kernel calls the processor; nil where it does not say.
    package let cpu: String?
    /// Processors that the kernel runs.
    package let cores: Int
    /// Main memory, in bytes; nil where the kernel does not say.
    package let memoryBytes: Int64?
    /// Graphics processors; none is normal.
    package let gpus: [GPU]

    /// Reads what the kernel says. It reads files, so not on the request path and not on the cooperative pool.
    ///
    /// - Parameter root: Where `proc` and `sys` are.
    package init(root: String = "/") {
        let base = root.hasSuffix("/") ? root : root + "/"
        let processors = Self.lines(base + "proc/cpuinfo")
        self.platform = "linux"
        self.architecture = Self.compiledFor
        self.cpu =
            Self.value(of: "model name", in: processors)
            ?? Self.text(base + "sys/firmware/devicetree/base/model")
        self.cores = max(1, processors.count { Self.split($0)?.name == "processor" })
        self.memoryBytes = Self.value(of: "MemTotal", in: Self.lines(base + "proc/meminfo"))
            .flatMap { $0.split(separator: " ").first }.flatMap { Int64($0) }.map { $0 * 1024 }
        self.gpus = Self.nvidia(base) + Self.amd(base)
    }

    /// The body's part.
    package var json: JSONValue {
        [
            "platform": .string(self.platform),
            "arch": .string(self.architecture),
            "cpu": JSONValue(self.cpu),
            "cores": JSONValue(self.cores),
            "memory_bytes": JSONValue(self.memoryBytes),
            "gpus": .array(
                self.gpus.map { ["name": .string($0.name), "memory_bytes": JSONValue($0.memoryBytes)] }
            ),
        ]
    }

    private static var compiledFor: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }

    /// NVIDIA's driver names its processors in `/proc`; their memory only its own tools tell.
    private static func nvidia(_ base: String) -> [GPU] {
        let folder = base + "proc/driver/nvidia/gpus"
        return self.entries(folder).compactMap { entry in
            self.value(of: "Model", in: self.lines("\(folder)/\(entry)/information")).map {
                GPU(name: $0, memoryBytes: nil)
            }
        }
    }

    /// AMD's driver says how much memory a card has (`mem_info_vram_total`), and of some cards the name.
    private static func amd(_ base: String) -> [GPU] {
        let folder = base + "sys/class/drm"
        return self.entries(folder).filter { $0.hasPrefix("card") && !$0.contains("-") }.compactMap { card in
            let device = "\(folder)/\(card)/device"
            guard let memory = self.text(device + "/mem_info_vram_total").flatMap({ Int64($0) }) else { return nil }
            return GPU(name: self.text(device + "/product_name") ?? "AMD GPU (\(card))", memoryBytes: memory)
        }
    }

    // What is not there is not there: a kernel without a file has nothing to say about it.

    private static func entries(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    private static func text(_ path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.prefix { !$0.isNewline && $0 != "\0" }
        return line.isEmpty ? nil : String(line)
    }

    private static func lines(_ path: String) -> [Substring] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(whereSeparator: \.isNewline)
    }

    private static func value(of name: String, in lines: [Substring]) -> String? {
        for line in lines {
            if let (found, value) = self.split(line), found == name, !value.isEmpty { return String(value) }
        }
        return nil
    }

    private static func split(_ line: Substring) -> (name: Substring, value: Substring)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        var name = line[..<colon]
        while name.last?.isWhitespace == true { name.removeLast() }
        return (name, line[line.index(after: colon)...].drop(while: \.isWhitespace))
    }
}

extension Schema {
    /// ``Hardware/json``.
    static let hardware = Schema.object([
        "platform": .string,
        "arch": .string,
        "cpu": .string.nullable,
        "cores": .count,
        "memory_bytes": .integer.nullable,
        "gpus": .array(of: .object(["name": .string, "memory_bytes": .integer.nullable])),
    ]).named("Hardware")
}
