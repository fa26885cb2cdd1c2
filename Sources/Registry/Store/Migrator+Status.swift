extension Migrator {
    /// How a database's schema stands to this program.
    ///
    /// A program works with the last step that it knows, and with later ones that only add to it: a new release migrates
    /// the database while replicas of the old one serve. A later step may say that it ends them.
    public struct Status: Sendable, Hashable {
        /// The last step that was applied; 0 for an empty database.
        public let applied: Int32
        /// The last step that this program knows.
        public let known: Int32
        /// A program that knows fewer steps than this no longer works with this database; 0 if every one does.
        public let oldestRelease: Int32

        init(applied: Int32, known: Int32, oldestRelease: Int32) {
            self.applied = applied
            self.known = known
            self.oldestRelease = oldestRelease
        }

        /// Whether `roster migrate` has something to do.
        public var isBehind: Bool { self.applied < self.known }

        /// Whether a later release has migrated the database.
        public var isAhead: Bool { self.applied > self.known }

        /// Whether this program can work with the database as it is.
        public var isServable: Bool { self.refusal == nil }

        /// Why this program cannot work with the database, and what to do; `nil` if it can.
        public var refusal: String? {
            if self.known < self.oldestRelease {
                return "the database's schema is at step \(self.applied), which works with releases that know step "
                    + "\(self.oldestRelease) or later, and this roster knows step \(self.known): use a newer release"
            }
            guard self.isBehind else { return nil }
            return "the database's schema is at step \(self.applied) and this roster needs step \(self.known): "
                + "run roster migrate"
        }
    }

    /// A later release has changed the schema so that this program no longer works with it.
    public struct Outgrown: Error, CustomStringConvertible {
        /// Which release is needed.
        public let description: String

        /// Refuses a database that needs a later release than this.
        ///
        /// - Parameter oldestRelease: The last step known to the oldest release that works with the database.
        /// - Throws: ``Outgrown``.
        static func check(_ oldestRelease: Int32) throws(Outgrown) {
            guard Migration.known < oldestRelease else { return }
            throw Outgrown(
                description: "the database's schema works with releases that know step \(oldestRelease) or later, "
                    + "and this roster knows step \(Migration.known): use a newer release"
            )
        }
    }
}
