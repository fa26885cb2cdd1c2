/// What a person wrote to describe a behaviour could not be read.
package struct BehaviourError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Names what could not be read, and what would be read.
    package let description: String
}

extension Behaviour {
    /// Reads `latency=200ms,tokens=50,cut=middle`, as it is written on the command line, in the `X-Simulate` header, after
    /// the `#` of a model name and in a rule.
    ///
    /// - Parameter text: settings separated by commas or semicolons; see ``Behaviour/syntax``.
    /// - Throws: a ``BehaviourError`` that names the setting.
    package init(parsing text: some StringProtocol) throws(BehaviourError) {
        self.init()
        for setting in text.split(whereSeparator: { $0 == "," || $0 == ";" }) {
            let sides = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.trimmed(sides[0]).lowercased()
            let value = sides.count > 1 ? Self.trimmed(sides[1]) : nil
            if name.isEmpty, value == nil { continue }
            try self.set(name, to: value)
        }
    }

    /// The settings that can be read, one a line, with their meaning.
    package static let syntax = """
        latency=200ms       time before the first byte (us, ms, s; at most 1h)
        delay=20ms          time before each event of a stream
        tokens=50           length of the answer; one event each in a stream
        status=429          this status, in the provider's error shape
        retry-after=7       a header, in seconds
        html                a page of HTML; with status=502 under that status
        invalid-json        JSON that breaks off; in a stream, one such event
        error-event         the middle event of a stream is an error, and the last
        cut=PLACE           close the connection too early
        reset=PLACE         abort the connection (RST)
        hang, hang=PLACE    say nothing more, leave the connection open
        slow=16/50ms        write 16 bytes every 50 ms
        content-length=+10  a wrong Content-Length
        endless-header      header lines without end (64 MiB)
        PLACE               before-headers, after-headers, middle (mid-stream),
                            event:N, byte:N
        """

    private mutating func set(_ name: String, to value: String?) throws(BehaviourError) {
        switch name {
        case "latency": self.latency = try Self.duration(name, value)
        case "delay": self.delay = try Self.duration(name, value)
        case "tokens": self.tokens = try Self.integer(name, value, in: 0...Self.mostTokens)
        case "status": self.status = try Self.integer(name, value, in: 200...599)
        case "retry-after": self.retryAfter = try Self.integer(name, value, in: 0...86400)
        case "html": self.garbling = try Self.flag(name, value, .html)
        case "invalid-json": self.garbling = try Self.flag(name, value, .invalidJSON)
        case "error-event": self.garbling = try Self.flag(name, value, .errorEvent)
        case "cut": self.rupture = Rupture(.cut, try Self.place(name, value))
        case "reset": self.rupture = Rupture(.reset, try Self.place(name, value))
        case "hang": self.rupture = Rupture(.hang, try Self.place(name, value ?? "before-headers"))
        case "slow": self.trickle = try Self.trickle(name, value)
        case "content-length": self.contentLengthError = try Self.integer(name, value, in: -1_000_000...1_000_000_000)
        case "endless-header": self.isHeaderEndless = try Self.flag(name, value, true)
        default: throw BehaviourError(description: "unknown setting “\(name)”; known are:\n\(Self.syntax)")
        }
    }

    private static func flag<Value>(_ name: String, _ value: String?, _ meaning: Value) throws(BehaviourError) -> Value
    {
        guard value == nil else { throw BehaviourError(description: "“\(name)” takes no value") }
        return meaning
    }

    private static func integer(
        _ name: String,
        _ value: String?,
        in range: ClosedRange<Int>
    ) throws(BehaviourError) -> Int {
        guard let value, let integer = Int(value), range.contains(integer) else {
            throw BehaviourError(
                description:
                    "“\(name)=\(value ?? "")”: expected a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return integer
    }

    private static func duration(_ name: String, _ value: String?) throws(BehaviourError) -> Duration {
        guard let value, let duration = Self.duration(value) else {
            throw BehaviourError(
                description:
                    "“\(name)=\(value ?? "")”: expected a time with its unit, such as 200ms, 1.5s or 50us, at most 1 h"
            )
        }
        return duration
    }

    /// Reads `200ms`, `1.5s`, `50us` or `0`.
    static func duration(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        let units: [(String, Double)] = [("us", 1), ("µs", 1), ("ms", 1e3), ("s", 1e6), ("m", 60e6), ("h", 3600e6)]
        guard
            let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
            let number = Double(text.dropLast(unit.count)), number >= 0, number * factor <= 3600e6
        else { return nil }
        return .microseconds(Int64((number * factor).rounded()))
    }

    private static func place(_ name: String, _ value: String?) throws(BehaviourError) -> Place {
        switch value {
        case "before-headers": return .beforeHeaders
        case "after-headers": return .afterHeaders
        case "middle", "mid-stream": return .middle
        default: break
        }
        let sides = (value ?? "").split(separator: ":", maxSplits: 1)
        if sides.count == 2, let number = Int(sides[1]), number >= 0 {
            if sides[0] == "event" { return .event(number) }
            if sides[0] == "byte" { return .byte(number) }
        }
        throw BehaviourError(
            description: """
                “\(name)=\(value ?? "")”: expected a place: before-headers, after-headers, middle, mid-stream, event:N or byte:N
                """
        )
    }

    private static func trickle(_ name: String, _ value: String?) throws(BehaviourError) -> Trickle {
        let sides = (value ?? "").split(separator: "/", maxSplits: 1)
        guard
            sides.count == 2, let bytes = Int(sides[0]), bytes > 0,
            let pause = Self.duration(String(sides[1]))
        else {
            throw BehaviourError(description: "“\(name)=\(value ?? "")”: expected bytes and a time, such as 16/50ms")
        }
        return Trickle(bytes: bytes, pause: pause)
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let spaces: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let head = text.drop(while: spaces)
        let tail = head.reversed().prefix(while: spaces).count
        return String(head.dropLast(tail))
    }
}

extension Behaviour: CustomStringConvertible {
    /// The settings as they are read, in a fixed order.
    package var description: String {
        var settings: [String] = []
        if let latency = self.latency { settings.append("latency=\(Self.spelled(latency))") }
        if let delay = self.delay { settings.append("delay=\(Self.spelled(delay))") }
        if let tokens = self.tokens { settings.append("tokens=\(tokens)") }
        if let status = self.status { settings.append("status=\(status)") }
        if let retryAfter = self.retryAfter { settings.append("retry-after=\(retryAfter)") }
        if let garbling = self.garbling { settings.append(garbling.rawValue) }
        if let rupture = self.rupture { settings.append("\(rupture.manner.rawValue)=\(Self.spelled(rupture.place))") }
        if let trickle = self.trickle { settings.append("slow=\(trickle.bytes)/\(Self.spelled(trickle.pause))") }
        if let error = self.contentLengthError { settings.append("content-length=\(error)") }
        if self.isHeaderEndless == true { settings.append("endless-header") }
        return settings.joined(separator: ",")
    }

    private static func spelled(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return "\(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)us"
    }

    private static func spelled(_ place: Place) -> String {
        switch place {
        case .beforeHeaders: "before-headers"
        case .afterHeaders: "after-headers"
        case .middle: "middle"
        case .event(let number): "event:\(number)"
        case .byte(let number): "byte:\(number)"
        }
    }
}
