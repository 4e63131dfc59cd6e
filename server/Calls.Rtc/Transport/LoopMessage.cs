namespace Calls.Rtc.Transport;

/// <summary>A call that another thread asks a loop to make.</summary>
/// <param name="Run">Static lambdas do not allocate; what they need goes into the other two.</param>
public readonly record struct LoopMessage(Action<MediaLoop, object?, long> Run, object? State = null, long Argument = 0);
