import Testing

/// One cluster at a time: each makes a database and starts servers, and a machine that makes twenty of them at once
/// only shows that everything takes long.
@Suite(.serialized) enum LocalClusterSuite {}
