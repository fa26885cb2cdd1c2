import Exchange
import FoundationEssentials
import Glibc
import SystemPackage
import Testing

@Suite struct FileReplacementTests {
    private func use(_ body: (FilePath) async throws -> Void) async throws {
        let folder = FilePath("/tmp/roster-file-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        do {
            try await body(folder)
        } catch {
            try FileManager.default.removeItem(atPath: folder.string)
            throw error
        }
        try FileManager.default.removeItem(atPath: folder.string)
    }

    private func mode(_ path: FilePath) throws -> CModeT {
        try path.stat().permissions.rawValue & 0o7777
    }

    @Test func newFilesComeWithTheirFolders() async throws {
        try await self.use { folder in
            let path = folder.appending("config").appending("deep").appending("models.yaml")
            let replacement = try FileReplacement(path)
            #expect(try replacement.read(limit: 100) == nil)
            #expect(try await replacement.replace(with: [1, 2], ifStill: nil))
            #expect(try replacement.read(limit: 2) == [1, 2])
            #expect(throws: FileReplacement.Failure.self) { try replacement.read(limit: 1) }
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: path.removingLastComponent().string) == [
                    "models.yaml"
                ]
            )
        }
    }

    @Test func permissionsAndLinksStay() async throws {
        try await self.use { folder in
            let path = folder.appending("models.yaml")
            let link = folder.appending("link.yaml")
            try Data([1]).write(to: URL(filePath: path.string))
            #expect(unsafe chmod(path.string, 0o640) == 0)
            try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: "models.yaml")
            let replacement = try FileReplacement(link)
            #expect(try await replacement.replace(with: [2], ifStill: [1]))
            #expect(try self.mode(path) == 0o640)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.string) == "models.yaml")
            #expect(try FileReplacement(path).read(limit: 10) == [2])
        }
    }

    @Test func whatSomebodyElseWroteIsNotLost() async throws {
        try await self.use { folder in
            let path = folder.appending("models.yaml")
            let replacement = try FileReplacement(path)
            try Data([1, 2]).write(to: URL(filePath: path.string))
            for before: [UInt8]? in [nil, [], [1], [1, 3], [1, 2, 3]] {
                #expect(try await !replacement.replace(with: [9], ifStill: before))
            }
            #expect(try replacement.read(limit: 10) == [1, 2])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == ["models.yaml"])
        }
    }

    @Test func whatTheKilledLeaveBehindIsClearedAway() async throws {
        try await self.use { folder in
            let path = folder.appending("models.yaml")
            for name in [".roster-new-models.yaml-1-2", ".roster-new-other.yaml-1-2"] {
                try Data([1]).write(to: URL(filePath: folder.appending(name).string))
            }
            #expect(try await FileReplacement(path).replace(with: [1], ifStill: nil))
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
            #expect(names == [".roster-new-other.yaml-1-2", "models.yaml"])
        }
    }

    /// Each adds one to a number in the file, many times, at the same time: none is lost.
    @Test func severalAtOnceTakeTurns() async throws {
        try await self.use { folder in
            let path = folder.appending("count")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<20 {
                            while true {
                                let replacement = try FileReplacement(path)
                                let before = try replacement.read(limit: 100)
                                let count = before.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
                                if try await replacement.replace(with: Array("\(count + 1)".utf8), ifStill: before) {
                                    break
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try FileReplacement(path).read(limit: 100) == Array("160".utf8))
        }
    }

    @Test func failuresNameTheFile() async throws {
        try await self.use { folder in
            let path = folder.appending("models.yaml")
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
            let error = try #require(throws: FileReplacement.Failure.self) { try FileReplacement(path).read(limit: 10) }
            #expect(error.description.contains("models.yaml cannot be read"))
            try Data().write(to: URL(filePath: folder.appending("file").string))
            #expect(throws: FileReplacement.Failure.self) { try FileReplacement(folder.appending("file/models.yaml")) }
        }
    }
}
