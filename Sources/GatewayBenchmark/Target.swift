import ArgumentParser

/// A server to be measured: `name=http://host:port/path#model@pid,pid`.
struct Target: Sendable, ExpressibleByArgument {
    let name: String
    let host: String
    let port: Int
    let path: String
    /// The model that requests name.
    let model: String
    /// The processes whose CPU time and memory count; none if they cannot be seen.
    let processes: [Int32]

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        self.name = String(argument[..<equals])
        var rest = argument[argument.index(after: equals)...]
        if let at = rest.lastIndex(of: "@") {
            let numbers = rest[rest.index(after: at)...].split(separator: ",").map { Int32($0) }
            guard !numbers.contains(nil) else { return nil }
            self.processes = numbers.compactMap(\.self)
            rest = rest[..<at]
        } else {
            self.processes = []
        }
        guard let hash = rest.lastIndex(of: "#"), rest.hasPrefix("http://") else { return nil }
        self.model = String(rest[rest.index(after: hash)...])
        rest = rest[..<hash].dropFirst("http://".count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        self.path = slash == rest.endIndex ? "/" : String(rest[slash...])
        let authority = rest[..<slash].split(separator: ":")
        guard authority.count == 2, let port = Int(authority[1]) else { return nil }
        self.host = String(authority[0])
        self.port = port
    }

    static var defaultValueDescription: String { "name=http://host:port/path#model@pid" }
}
