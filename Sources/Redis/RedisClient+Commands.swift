extension RedisClient {
    /// When a value that is set is forgotten.
    package enum Expiry: Sendable, Hashable {
        /// Never; an expiry that was set before is removed.
        case never
        /// After this long, to the millisecond.
        case after(Duration)
        /// When the value that it replaces would have been forgotten.
        case unchanged
    }

    /// What must be so for a value to be set.
    package enum SetCondition: Sendable, Hashable {
        /// Nothing.
        case always
        /// The key does not exist.
        case ifAbsent
        /// The key exists.
        case ifPresent
    }

    /// Reads a value.
    /// - Parameter key: The key.
    /// - Returns: Its bytes, or `nil` if there is none.
    /// - Throws: ``RedisError``.
    package func get(_ key: String) async throws(RedisError) -> [UInt8]? {
        let value = try await self.send(RedisCommand("GET", [.string(key)], isRepeatable: true))
        if value.isNull { return nil }
        guard let bytes = value.bytes else { throw .unexpected(value, from: "GET") }
        return bytes
    }

    /// Sets a value.
    /// - Parameters:
    ///   - key: The key.
    ///   - value: The bytes.
    ///   - expiry: When it is forgotten.
    ///   - condition: What must be so; a conditional `SET` is not repeated after a lost connection.
    /// - Returns: Whether it was set.
    /// - Throws: ``RedisError``.
    @discardableResult
    package func set(
        _ key: String,
        to value: [UInt8],
        expiry: Expiry = .never,
        condition: SetCondition = .always
    ) async throws(RedisError) -> Bool {
        var command = RedisCommand("SET", [.string(key), .bytes(value)], isRepeatable: condition == .always)
        switch expiry {
        case .never: break
        case .unchanged: command.append("KEEPTTL")
        case .after(let time):
            command.append("PX")
            command.append(.integer(time.wholeMilliseconds))
        }
        switch condition {
        case .always: break
        case .ifAbsent: command.append("NX")
        case .ifPresent: command.append("XX")
        }
        return try await !self.send(command).isNull
    }

    /// Deletes keys.
    /// - Parameter keys: The keys; none is no error.
    /// - Returns: How many there were.
    /// - Throws: ``RedisError``.
    @discardableResult
    package func delete(_ keys: String...) async throws(RedisError) -> Int64 {
        guard !keys.isEmpty else { return 0 }
        return try await self.integer(RedisCommand("DEL", keys.map { .string($0) }, isRepeatable: true))
    }

    /// Publishes a message.
    /// - Parameters:
    ///   - payload: The bytes.
    ///   - channel: The channel's name.
    /// - Returns: How many subscribers of this server got it.
    /// - Throws: ``RedisError``.
    @discardableResult
    package func publish(_ payload: [UInt8], to channel: String) async throws(RedisError) -> Int64 {
        try await self.integer(RedisCommand("PUBLISH", [.string(channel), .bytes(payload)]))
    }

    /// Sets when a key is forgotten.
    /// - Parameters:
    ///   - key: The key.
    ///   - time: After how long, to the millisecond.
    /// - Returns: Whether the key exists.
    /// - Throws: ``RedisError``.
    @discardableResult
    package func expire(_ key: String, after time: Duration) async throws(RedisError) -> Bool {
        let command = RedisCommand("PEXPIRE", [.string(key), .integer(time.wholeMilliseconds)], isRepeatable: true)
        return try await self.integer(command) == 1
    }

    /// Adds to a counter, which begins at 0.
    /// - Parameters:
    ///   - key: The key.
    ///   - amount: What to add; may be negative.
    /// - Returns: The new count.
    /// - Throws: ``RedisError``.
    @discardableResult
    package func increment(_ key: String, by amount: Int64 = 1) async throws(RedisError) -> Int64 {
        try await self.integer(RedisCommand("INCRBY", [.string(key), .integer(amount)]))
    }

    /// Runs a script: by its digest, or by its source if the server does not know it.
    /// - Parameters:
    ///   - script: The script.
    ///   - keys: The keys that it touches, `KEYS` in Lua.
    ///   - arguments: Its arguments, `ARGV` in Lua.
    /// - Returns: What it returns.
    /// - Throws: ``RedisError``; a script that fails may have been executed in part.
    package func evaluate(
        _ script: RedisScript,
        keys: [String] = [],
        arguments: [RedisArgument] = []
    ) async throws(RedisError) -> RedisValue {
        let first = try await self.commands.execute(script.command(.byDigest, keys: keys, arguments: arguments))
        guard case .error(let message) = first else { return first }
        guard message.hasPrefix("NOSCRIPT") else { throw RedisError(refusedScript: message) }
        let second = try await self.commands.execute(script.command(.bySource, keys: keys, arguments: arguments))
        guard case .error(let message) = second else { return second }
        throw RedisError(refusedScript: message)
    }

    private func integer(_ command: RedisCommand) async throws(RedisError) -> Int64 {
        let value = try await self.send(command)
        guard case .integer(let integer) = value else { throw .unexpected(value, from: command.name) }
        return integer
    }
}

extension RedisError {
    fileprivate static func unexpected(_ value: RedisValue, from command: String) -> RedisError {
        let kind =
            switch value {
            case .bytes: "a bulk string"
            case .status: "a simple string"
            case .integer: "an integer"
            case .null: "nothing"
            case .array: "an array"
            case .error: "an error"
            }
        return RedisError(.protocolViolation, "Redis answered \(command) with \(kind).", mayHaveBeenExecuted: true)
    }
}

extension Duration {
    /// At least 1, because Redis refuses an expiry of 0.
    fileprivate var wholeMilliseconds: Int64 {
        max(1, self.components.seconds * 1000 + self.components.attoseconds / 1_000_000_000_000_000)
    }
}
