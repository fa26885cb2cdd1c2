import HTTP
package import Logging
package import Secrets
package import Telemetry

/// Every setting of Roster, each declared once: its names, type, default and meaning.
///
/// `roster config`, the flags of the command line, `.env.example` and the README's table are made from this list, in
/// this order. A new setting is one declaration here; its value is then at hand as `settings.name`.
package struct SettingList: Sendable {
    package let databaseURL = Setting(
        "DATABASE_URL",
        .secretURL(["postgresql", "postgres"]),
        meaning: "PostgreSQL, which holds the registry; several hosts may be listed, separated by commas."
    )
    package let redisURL = Setting(
        "REDIS_URL",
        .secretURL(["redis", "rediss", "redis-sentinel", "rediss-sentinel", "redis+socket", "unix"]),
        meaning: "Redis, which replicas share; Roster works without it."
    )
    package let adminKey = Setting(
        "ADMIN_API_KEY",
        flag: "admin-key",
        .secret,
        meaning: "The key that may do everything. Without it only keys of the registry with the scope admin may."
    )
    package let clientKey = Setting(
        "ROSTER_API_KEY",
        aliases: ["IIR_API_KEY"],
        .secret,
        meaning: "A client key that is registered for inference when a replica starts."
    )
    package let host = Setting(
        "ROSTER_HOST",
        .text,
        default: "127.0.0.1",
        meaning: "The address to listen on; 0.0.0.0 for every one, as containers need it."
    )
    package let port = Setting(
        "ROSTER_PORT",
        .integer(in: 0...65535),
        default: 8000,
        meaning: "The port to listen on; 0 for any that is free."
    )
    package let trustedNetworks = Setting(
        "ROSTER_TRUSTED_NETWORKS",
        .list(of: "networks such as 10.0.0.0/8"),
        default: TrustedNetworks.standardSpelling.split(separator: ",").map { String($0) },
        meaning: "From where a key may be registered, and the models listed, without a key."
    )
    package let trustedProxies = Setting(
        "ROSTER_TRUSTED_PROXIES",
        .list(of: "networks such as 10.0.0.0/8"),
        default: [],
        meaning: "Proxies whose word about a client's address (X-Forwarded-For) is believed."
    )
    package let egressURL = Setting(
        "ROSTER_EGRESS_URL",
        .url(["http", "https"]),
        meaning: "Sends all traffic to providers here, the provider's host as first part of the path: "
            + "a relay, a recorder, the simulator."
    )
    package let providerHosts = Setting(
        "ROSTER_PROVIDER_HOSTS",
        .list(of: "host names, each with an optional port"),
        default: [],
        meaning: "Further hosts to which a provider's key may be sent."
    )
    package let maximumBodyBytes = Setting(
        "ROSTER_MAX_BODY_BYTES",
        .bytes(in: 1024...(1 << 30)),
        default: 32 << 20,
        meaning: "The longest body of a request."
    )
    package let maximumHeaderBytes = Setting(
        "ROSTER_MAX_HEADER_BYTES",
        .bytes(in: 1024...(1 << 20)),
        default: 64 << 10,
        meaning: "The longest head of a request, all fields together."
    )
    package let maximumConnections = Setting(
        "ROSTER_MAX_CONNECTIONS",
        .integer(in: 1...1_000_000),
        default: 16_384,
        meaning: "Clients connected at once; further ones wait until one leaves."
    )
    package let idleTimeout = Setting(
        "ROSTER_IDLE_TIMEOUT",
        .duration(in: .seconds(1) ... .seconds(86_400)),
        default: .seconds(75),
        meaning: "How long a client's connection may be silent between requests."
    )
    package let connectTimeout = Setting(
        "ROSTER_CONNECT_TIMEOUT",
        .duration(in: .milliseconds(50) ... .seconds(300)),
        default: .seconds(10),
        meaning: "How long connecting to a provider may take, TLS included."
    )
    package let firstByteTimeout = Setting(
        "ROSTER_FIRST_BYTE_TIMEOUT",
        .duration(in: .milliseconds(50) ... .seconds(7200)),
        default: .seconds(300),
        meaning: "How long a provider may think before an answer that is no stream begins."
    )
    package let streamFirstByteTimeout = Setting(
        "ROSTER_STREAM_FIRST_BYTE_TIMEOUT",
        .duration(in: .milliseconds(50) ... .seconds(7200)),
        default: .seconds(60),
        meaning: "How long a provider may think before a stream begins."
    )
    package let answerIdleTimeout = Setting(
        "ROSTER_ANSWER_IDLE_TIMEOUT",
        .duration(in: .milliseconds(50) ... .seconds(7200)),
        default: .seconds(120),
        meaning: "How long a provider may be silent in the middle of an answer."
    )
    package let pollInterval = Setting(
        "ROSTER_POLL_INTERVAL",
        .duration(in: .milliseconds(10) ... .seconds(3600)),
        default: .seconds(2),
        meaning: "How often a replica asks PostgreSQL for the latest revision when no hint comes."
    )
    package let databaseConnections = Setting(
        "ROSTER_DATABASE_CONNECTIONS",
        .integer(in: 2...1000),
        default: 8,
        meaning: "Connections to PostgreSQL that one replica holds at most."
    )
    package let providerConnections = Setting(
        "ROSTER_PROVIDER_CONNECTIONS",
        .integer(in: 1...100_000),
        default: 10_000,
        meaning: "Requests to providers that one replica has under way at most."
    )
    package let shutdownGrace = Setting(
        "ROSTER_SHUTDOWN_GRACE",
        .duration(in: .seconds(0) ... .seconds(3600)),
        default: .seconds(25),
        meaning: "How long requests under way may take to finish after SIGTERM."
    )
    package let drainDelay = Setting(
        "ROSTER_DRAIN_DELAY",
        .duration(in: .seconds(0) ... .seconds(600)),
        default: .seconds(0),
        meaning: "How long a replica still takes requests after SIGTERM while /readyz says no; a part of the grace."
    )
    package let maximumStaleness = Setting(
        "ROSTER_MAX_STALENESS",
        .duration(in: .seconds(1) ... .seconds(30 * 86_400)),
        default: .seconds(86_400),
        meaning: "How long a replica stays ready while it cannot read the registry."
    )
    package let logLevel = Setting(
        "ROSTER_LOG_LEVEL",
        .choice(),
        default: Logger.Level.info,
        meaning: "From which level on events are logged."
    )
    package let logFormat = Setting(
        "ROSTER_LOG_FORMAT",
        .choice(),
        default: LogFormat.auto,
        meaning: "How log lines look; auto is text on a terminal and json elsewhere."
    )
    package let url = Setting(
        "ROSTER_URL",
        .url(["http", "https"]),
        meaning: "The running replica that commands such as roster status ask."
    )
    package let configurationFile = Setting(
        "ROSTER_CONFIG",
        .path,
        meaning: "A JSON or YAML file with further settings, by their flags' names with _ for -."
    )

    package init() {}

    /// The settings in the order in which they are declared.
    var all: [any DeclaredSetting] {
        Mirror(reflecting: self).children.compactMap { $0.value as? any DeclaredSetting }
    }
}
