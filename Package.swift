// swift-tools-version: 6.2

import PackageDescription

// Every Swift target is compiled the same way; STYLE of the house, in one place.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

// Above the clients no pointer may appear: the compiler proves it.
let safeSettings = settings + [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let locks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "roster",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "roster", targets: ["roster"]),
        .executable(name: "provider-simulator", targets: ["provider-simulator"]),
        .library(name: "Registry", targets: ["Registry"]),
        .library(name: "Discovery", targets: ["Discovery"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // The command line.
        .executableTarget(
            name: "roster",
            dependencies: [
                "Discovery", "Exchange", "JSON", "LocalCluster", "Postgres", "Providers", "ProviderSimulator",
                "Registry",
                "RosterServer", "Secrets", "Telemetry", "Transfer", argumentParser, httpTypes, lifecycle, locks,
                logging, nioCore, nioPosix, signals, subprocess, systemPackage,
            ],
            swiftSettings: safeSettings
        ),
        .executableTarget(
            name: "provider-simulator",
            dependencies: ["ProviderSimulator", "Secrets", argumentParser, lifecycle, logging, signals],
            swiftSettings: safeSettings
        ),
        .executableTarget(
            name: "gateway-benchmark",
            dependencies: [argumentParser, nioCore, nioPosix, nioHTTP1, locks],
            path: "Sources/GatewayBenchmark",
            swiftSettings: safeSettings
        ),
        .executableTarget(
            name: "registry-benchmark",
            dependencies: ["LocalCluster", "Postgres", "Registry", "Secrets", argumentParser, logging],
            path: "Sources/RegistryBenchmark",
            swiftSettings: safeSettings
        ),

        // A replica and its parts; each may import what stands below it.
        .target(
            name: "RosterServer",
            dependencies: [
                "Administration", "Discovery", "Gateway", "HTTP", "JSON", "Postgres", "Providers", "Redis", "Registry",
                "Secrets", "Telemetry", "Transfer", configuration, httpTypes, hummingbird, hummingbirdCore, lifecycle,
                locks, logging, nioCore, nioPosix, systemPackage, yams,
            ],
            swiftSettings: safeSettings
        ),
        .target(
            name: "Administration",
            dependencies: [
                "Discovery", "Exchange", "HTTP", "JSON", "Postgres", "Registry", "Secrets", httpTypes, hummingbird,
                locks,
                nioCore, nioPosix,
            ],
            swiftSettings: safeSettings
        ),
        .target(
            name: "Gateway",
            dependencies: [
                "HTTP", "JSON", "Providers", "Registry", "Transfer", httpTypes, hummingbird, logging, nioCore,
            ],
            swiftSettings: safeSettings
        ),
        .target(
            name: "HTTP",
            dependencies: [
                "JSON", "Registry", "Secrets", crypto, httpTypes, hummingbird, hummingbirdCore, locks, logging, nioCore,
                nioHTTP1,
            ],
            swiftSettings: safeSettings
        ),
        .target(
            name: "Discovery",
            dependencies: [
                "Exchange", "JSON", "Postgres", "Providers", "Registry", "Secrets", "Transfer", httpTypes, lifecycle,
                locks,
                logging, nioCore,
            ],
            swiftSettings: safeSettings
        ),
        .target(
            name: "Exchange",
            dependencies: ["JSON", "Providers", "Registry", crypto, systemPackage, yams],
            swiftSettings: safeSettings
        ),
        .target(name: "Providers", dependencies: ["JSON", "Secrets", httpTypes], swiftSettings: safeSettings),
        .target(
            name: "Registry",
            dependencies: ["JSON", "Postgres", "Redis", "Secrets", crypto, lifecycle, locks, logging],
            resources: [.embedInCode("Migrations")],
            swiftSettings: safeSettings
        ),

        // Clients over the three C libraries: general, knowing nothing of models.
        .target(
            name: "Postgres",
            dependencies: ["CPostgres", "Reactor", "Secrets", collections, lifecycle, locks, logging],
            swiftSettings: settings
        ),
        .target(
            name: "Redis",
            dependencies: [
                "CRedis", "Secrets", collections, crypto, lifecycle, locks, logging, nioCore, nioPosix, nioSSL,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Transfer",
            dependencies: ["CCurl", "Reactor", collections, httpTypes, lifecycle, locks, logging, nioCore],
            swiftSettings: settings
        ),
        .target(name: "Reactor", dependencies: ["CReactor", collections, locks, nioPosix], swiftSettings: settings),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CRedis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CReactor"),

        // What stands on nothing.
        .target(name: "JSON", swiftSettings: safeSettings),
        .target(name: "Secrets", swiftSettings: safeSettings),
        .target(name: "Telemetry", dependencies: ["JSON", locks, logging], swiftSettings: safeSettings),

        // Trying it: private servers, and the providers impersonated.
        .target(
            name: "LocalCluster",
            dependencies: ["Secrets", subprocess, systemPackage],
            swiftSettings: safeSettings
        ),
        .target(
            name: "ProviderSimulator",
            dependencies: ["JSON", "Secrets", lifecycle, locks, logging, nioCore, nioHTTP1, nioPosix],
            resources: [.embedInCode("Catalogues")],
            swiftSettings: safeSettings
        ),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: ["LocalCluster", "Secrets", locks, subprocess, systemPackage],
            path: "Tests/TestSupport",
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "AdministrationTests",
            dependencies: [
                "Administration", "Discovery", "HTTP", "JSON", "LocalCluster", "Postgres", "ProviderSimulator",
                "Providers", "Registry", "Secrets", "TestSupport", "Transfer", httpTypes, hummingbird, hummingbirdCore,
                lifecycle, logging, nioCore,
            ],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "Postgres", "ProviderSimulator", "Registry", "RosterServer", "Secrets", "TestSupport", logging,
                systemPackage,
            ],
            exclude: ["test_openai_sdk.py", "test_openapi.py"],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "DiscoveryTests",
            dependencies: [
                "Discovery", "JSON", "Postgres", "ProviderSimulator", "Providers", "Registry", "Secrets", "TestSupport",
                "Transfer", httpTypes, locks, logging, nioCore,
            ],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "ExchangeTests",
            dependencies: [
                "Exchange", "JSON", "LocalCluster", "Postgres", "Registry", "Secrets", "TestSupport", lifecycle, locks,
                logging, systemPackage, yams,
            ],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "HTTP", "JSON", "ProviderSimulator", "Providers", "Registry", "Secrets", "TestSupport",
                "Transfer", httpTypes, hummingbird, hummingbirdCore, lifecycle, locks, logging, nioCore, nioPosix,
            ],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "HTTPTests",
            dependencies: [
                "HTTP", "JSON", "Registry", "Secrets", httpTypes, hummingbird, hummingbirdCore, lifecycle, logging,
                nioCore, nioPosix,
            ],
            swiftSettings: safeSettings
        ),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: safeSettings),
        .testTarget(
            name: "LocalClusterTests",
            dependencies: ["LocalCluster", "Secrets", "TestSupport", locks, subprocess, systemPackage],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "PostgresTests",
            dependencies: ["Postgres", "Reactor", "Secrets", lifecycle, locks, logging],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ProvidersTests",
            dependencies: ["JSON", "Providers", "Secrets", httpTypes],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "ProviderSimulatorTests",
            dependencies: [
                "JSON", "ProviderSimulator", "provider-simulator", "Secrets", lifecycle, logging, nioCore, nioHTTP1,
                nioPosix,
            ],
            swiftSettings: safeSettings
        ),
        .testTarget(name: "ReactorTests", dependencies: ["Reactor", locks], swiftSettings: settings),
        .testTarget(
            name: "RedisTests",
            dependencies: ["Redis", "Secrets", lifecycle, logging, nioCore, nioPosix],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RegistryTests",
            dependencies: [
                "JSON", "LocalCluster", "Postgres", "Registry", "Secrets", "TestSupport", lifecycle, locks, logging,
            ],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "RosterServerTests",
            dependencies: [
                "JSON", "Postgres", "Registry", "RosterServer", "Secrets", "Telemetry", "TestSupport", lifecycle, locks,
                logging, nioCore, nioPosix, systemPackage,
            ],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "rosterTests",
            dependencies: [
                "JSON", "LocalCluster", "RosterServer", "Secrets", "TestSupport", "roster", locks, subprocess,
                systemPackage,
            ],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["JSON", "Secrets", "Telemetry", logging],
            swiftSettings: safeSettings
        ),
        .testTarget(
            name: "TransferTests",
            dependencies: ["Transfer", "Reactor", httpTypes, lifecycle, locks, logging, nioCore, nioPosix],
            swiftSettings: settings
        ),
    ]
)
