#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// How many descriptors this process has open, for leak checks: the same before and after.
///
/// Swift Testing runs tests of one process at the same time: the suite that counts must be the only one at work, or wait
/// with `eventually` until the count is back.
package func openDescriptorCount() throws -> Int {
    // The listing itself holds one.
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count - 1
}
