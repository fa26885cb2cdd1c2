import FoundationEssentials
import Registry

extension Authorship {
    /// Whoever types commands here, as `cli:` and the name they are logged in by.
    ///
    /// - Parameters:
    ///   - command: What was typed, as in `roster import`.
    ///   - reason: Why, in their own words; the command where they gave none.
    /// - Returns: The author.
    static func commandLine(_ command: String, reason: String? = nil) -> Authorship {
        let user = ProcessInfo.processInfo.userName
        return Authorship(actor: user.isEmpty ? "cli" : "cli:\(user)", reason: reason ?? command)
    }
}
