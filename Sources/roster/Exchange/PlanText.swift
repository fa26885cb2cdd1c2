import Exchange

/// A plan as a person reads it: what is dangerous first, and harmless things only counted.
struct PlanText {
    private let plan: Plan
    private let isWhole: Bool

    /// How many notable differences are shown unless all are asked for.
    private static let lines = 60

    init(_ plan: Plan, isWhole: Bool) {
        self.plan = plan
        self.isWhole = isWhole
    }

    /// Prints it.
    func say() {
        guard !self.plan.isEmpty else {
            return Terminal.say("Nothing differs from \(self.plan.source) (revision \(self.plan.baseRevision)).")
        }
        Terminal.say("To become like \(self.plan.source), from revision \(self.plan.baseRevision):")
        for danger in Plan.Danger.allCases {
            let found = self.plan.differences(danger)
            guard !found.isEmpty else { continue }
            Terminal.say("\n\(danger.rawValue.prefix(1).uppercased())\(danger.rawValue.dropFirst()) (\(found.count))")
            // What is critical is never cut short.
            let shown = self.isWhole || danger == .critical ? found.count : danger == .notable ? Self.lines : 0
            for difference in found.prefix(shown) { Terminal.say("  \(TextTable.printable(difference.message))") }
            if found.count > shown {
                Terminal.say(
                    "  \(shown == 0 ? "" : "… and ")\(found.count - shown) \(shown == 0 ? "differences" : "more") (--verbose shows them)"
                )
            }
        }
    }
}
