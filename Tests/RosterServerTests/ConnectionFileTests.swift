import Secrets
import SystemPackage
import Testing

@testable import RosterServer

/// The file that says how to reach a running Roster.
struct ConnectionFileTests {
    private let file = ConnectionFile(
        url: "http://127.0.0.1:8000",
        adminKey: Secret("admin"),
        clientKey: Secret("rk_client"),
        databaseURL: Secret("postgresql://roster:p@127.0.0.1:5432/roster"),
        redisURL: Secret("redis://:p@127.0.0.1:6379"),
        replicas: ["http://127.0.0.1:8001", "http://127.0.0.1:8002"]
    )

    @Test("What was written is read, only its owner may read it, and nothing else is left behind")
    func roundTrip() async throws {
        try await Folder.use { folder in
            let path = ConnectionFile.path(in: folder.path)
            try folder.write("connection.json", "old")
            try self.file.write(to: path)
            let (read, permissions, names) = (
                try ConnectionFile.read(path), try path.stat().permissions, try folder.names()
            )
            #expect(read == self.file)
            #expect(permissions == .ownerReadWrite)
            #expect(names == ["connection.json"])
        }
    }

    @Test("There may be none")
    func missing() throws {
        #expect(try ConnectionFile.read("/nonexistent/connection.json") == nil)
    }

    @Test("A damaged file says what to do", arguments: ["{", "{}", #"{"url": 1}"#])
    func damaged(text: String) async throws {
        try await Folder.use { folder in
            let path = try folder.write("connection.json", text)
            let error = #expect(throws: ConnectionFile.Unusable.self) { try ConnectionFile.read(path) }
            #expect(error?.description.contains("run roster up again") == true)
        }
    }

    @Test("A folder that is not there is an error that names the file, and nothing is left behind")
    func unwritable() async throws {
        try await Folder.use { folder in
            let path = folder.path.appending("none").appending("connection.json")
            let error = #expect(throws: ConnectionFile.Unusable.self) { try self.file.write(to: path) }
            #expect(error?.description.contains("\(path)") == true)
            let names = try folder.names()
            #expect(names.isEmpty)
        }
    }
}
