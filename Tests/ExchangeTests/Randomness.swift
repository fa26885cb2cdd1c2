import FoundationEssentials

/// A generator whose whole sequence follows from one number (SplitMix64), so that a failure can be repeated.
struct Randomness: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// `ROSTER_TEST_SEED`, or another one at each run; printed, so that the run can be repeated.
    static func seed(for test: String) -> UInt64 {
        let given = ProcessInfo.processInfo.environment["ROSTER_TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("\(test): ROSTER_TEST_SEED=\(seed)")
        return seed
    }
}
