/// Addresses as they are shown and asked.
enum Address {
    /// The URL of a host and port as this machine reaches it: an address that means every one is asked on loopback.
    static func url(_ host: String, _ port: Int) -> String {
        switch host {
        case "0.0.0.0", "": "http://127.0.0.1:\(port)"
        case "::": "http://[::1]:\(port)"
        case let host where host.contains(":"): "http://[\(host)]:\(port)"
        default: "http://\(host):\(port)"
        }
    }

    /// Whether only this machine reaches a host.
    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
