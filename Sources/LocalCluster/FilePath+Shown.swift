internal import SystemPackage

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension FilePath {
    /// The folder this process works in.
    static var workingDirectory: FilePath { FilePath(FileManager.default.currentDirectoryPath) }

    /// The same place as an absolute path without `.` and `..`.
    var absolute: FilePath { FilePath.workingDirectory.pushing(self).lexicallyNormalized() }

    /// The path as a person at this terminal would type it: relative when it is below the working folder.
    var shown: String {
        var path = self.absolute
        guard path.removePrefix(.workingDirectory), !path.isEmpty else { return self.absolute.string }
        return path.string
    }
}
