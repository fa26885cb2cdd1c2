extension LocalCluster {
    /// One step on the way, for the person who waits.
    package enum Progress: Sendable, Hashable, CustomStringConvertible {
        /// The account that servers run as cannot reach the folder; the data is in another.
        case dataElsewhere(String, account: String)
        /// A new database is being made.
        case creatingDatabase(at: String)
        /// A server whose parent was killed is still ending.
        case waitingForEarlierPostgres(processID: Int32)
        case startingPostgres(port: UInt16)
        case startingRedis(port: UInt16)
        /// Both servers take clients.
        case ready
        case stopping
        /// Both servers are gone.
        case stopped

        package var description: String {
            switch self {
            case .dataElsewhere(let place, let account):
                "The servers run as \(account), who cannot enter that folder: their data is in \(place)"
            case .creatingDatabase(let place): "Creating the database in \(place)"
            case .waitingForEarlierPostgres(let processID):
                "Waiting for an earlier PostgreSQL to end (process \(processID))"
            case .startingPostgres(let port): "Starting PostgreSQL on port \(port)"
            case .startingRedis(let port): "Starting Redis on port \(port)"
            case .ready: "PostgreSQL and Redis are ready"
            case .stopping: "Stopping PostgreSQL and Redis"
            case .stopped: "PostgreSQL and Redis have stopped"
            }
        }
    }
}
