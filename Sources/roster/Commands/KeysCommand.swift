import ArgumentParser
import FoundationEssentials
import JSON
import Registry
import RosterServer
import Secrets

/// `roster keys`: the keys of clients.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list and end the keys of clients.",
        subcommands: [Create.self, List.self, Revoke.self],
        defaultSubcommand: List.self
    )

    /// `roster keys create`.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Make a key and print it; it is shown this once, because only its hash is stored."
        )

        @Option(help: "What it is for.")
        var description = "made by roster keys create"

        @Option(help: "Whose it is.")
        var owner: String?

        @Option(help: "Higher goes first when the gateway is overloaded.")
        var priority: Int32 = 0

        @Option(
            parsing: .upToNextOption,
            help: ArgumentHelp("What it may be used for: inference, reader, editor, admin.", valueName: "scope"),
            transform: { text in
                guard let scope = APIKey.Scope(rawValue: text) else {
                    throw ValidationError("“\(text)” is not a scope: inference, reader, editor or admin.")
                }
                return scope
            }
        )
        var scopes: [APIKey.Scope] = [.inference]

        @Option(
            help: "When it ends by itself: a day (2027-01-31), a time (2027-01-31T12:00:00Z), or a span (30d, 12h)."
        )
        var expires: Expiry?

        @Flag(help: "For programs.")
        var json = false

        @Flag(help: "Say where the database is taken from, and log what happens.")
        var verbose = false

        func run() async throws {
            let new = NewAPIKey(
                description: self.description,
                owner: self.owner,
                scopes: Set(self.scopes),
                priority: self.priority,
                expiresAt: self.expires?.date
            )
            let (key, revision) = try await KeysCommand.onStore(isVerbose: self.verbose) { store in
                try await store.createKey(new, as: Authorship(actor: "cli", reason: "roster keys create"))
            }
            if self.json {
                var json: JSONObject = ["api_key": .string(new.key.exposed)]
                json.merge(key.json)
                json["revision"] = JSONValue(revision)
                return Terminal.say(.object(json))
            }
            Terminal.say(new.key.exposed)
            Terminal.note(
                "This is key \(key.id) (\(key.prefix)…), for \(key.scopeNames). It is not shown again: keep it now."
            )
        }
    }

    /// `roster keys list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List keys, newest first; a key itself is known to nobody."
        )

        @Flag(help: "For programs.")
        var json = false

        @Flag(help: "Say where the database is taken from, and log what happens.")
        var verbose = false

        func run() async throws {
            let keys = try await KeysCommand.onStore(isVerbose: self.verbose) { try await $0.keys() }
            if self.json { return Terminal.say(.array(keys.map { .object($0.json) })) }
            var table = TextTable([
                ("ID", .right), ("KEY", .left), ("DESCRIPTION", .left), ("OWNER", .left), ("SCOPES", .left),
                ("PRIORITY", .right), ("MADE", .left), ("STATE", .left),
            ])
            for key in keys {
                table.add([
                    String(key.id), "\(key.prefix)…", String(key.description.prefix(40)), key.owner ?? "–",
                    key.scopeNames,
                    String(key.priority), key.createdAt.formatted(.iso8601), key.state,
                ])
            }
            Terminal.say(table.isEmpty ? "There are no keys yet: run roster keys create." : table.text)
        }
    }

    /// `roster keys revoke`.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke",
            abstract: "End a key at once, on every replica."
        )

        @Argument(help: "The key's number, as roster keys list shows it.")
        var id: Int64

        @Flag(help: "For programs.")
        var json = false

        @Flag(help: "Say where the database is taken from, and log what happens.")
        var verbose = false

        func run() async throws {
            let (exists, revision) = try await KeysCommand.onStore(isVerbose: self.verbose) { store in
                try await store.revokeKey(id: self.id, as: Authorship(actor: "cli", reason: "roster keys revoke"))
            }
            guard exists else { throw CommandFailure("there is no key \(self.id); roster keys list shows all.") }
            if self.json {
                return Terminal.say(["id": JSONValue(self.id), "revoked": true, "revision": JSONValue(revision)])
            }
            Terminal.say(
                revision.map { "Key \(self.id) is ended, with revision \($0)." }
                    ?? "Key \(self.id) had been ended before."
            )
        }
    }

    private static func onStore<Value: Sendable>(
        isVerbose: Bool,
        _ body: @escaping @Sendable (RegistryStore) async throws -> Value
    ) async throws -> Value {
        let invocation = Invocation.current
        let settings = try await invocation.settingsOfDatabase(isVerbose: isVerbose)
        let logger = invocation.logger(for: settings, isVerbose: isVerbose)
        return try await RegistrySession.run(settings, logger: logger) { try await body($0.store) }
    }
}

/// When a key ends, as somebody types it.
struct Expiry: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        if let span = DurationText.parse(argument), argument.last?.isLetter == true {
            self.date = Date(timeIntervalSinceNow: Double(span.components.seconds))
            return
        }
        let text = argument.contains("T") ? argument : "\(argument)T00:00:00Z"
        do {
            self.date = try Date(text, strategy: .iso8601)
        } catch {
            return nil
        }
    }
}

extension APIKey {
    /// Its scopes, for people.
    var scopeNames: String { self.scopes.map(\.rawValue).sorted().joined(separator: ", ") }

    /// Whether it opens anything, in words.
    var state: String {
        if let end = self.revokedAt { return "revoked \(end.formatted(.iso8601))" }
        if let end = self.expiresAt { return "\(end <= Date() ? "expired" : "until") \(end.formatted(.iso8601))" }
        return "valid"
    }

    /// For programs.
    var json: JSONObject {
        [
            "id": JSONValue(self.id),
            "prefix": .string(self.prefix),
            "description": .string(self.description),
            "owner": JSONValue(self.owner),
            "scopes": JSONValue(self.scopes.map(\.rawValue).sorted()),
            "priority": JSONValue(self.priority),
            "created_at": .string(self.createdAt.formatted(.iso8601)),
            "expires_at": JSONValue(self.expiresAt?.formatted(.iso8601)),
            "revoked_at": JSONValue(self.revokedAt?.formatted(.iso8601)),
        ]
    }
}
