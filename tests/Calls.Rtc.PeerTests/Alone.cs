namespace Calls.Rtc.PeerTests;

/// <summary>Tests that measure time or memory of the process, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
