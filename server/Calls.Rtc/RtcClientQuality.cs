namespace Calls.Rtc;

/// <summary>What a client last said of its connection (media.md 5.4), as it says it: nothing is checked but that it is finite.</summary>
/// <param name="LossRate">0 to 1.</param>
/// <param name="RoundTripSeconds">Whole seconds from clients of the Go library.</param>
/// <param name="Reports">How many values it has sent so far.</param>
public sealed record RtcClientQuality(double? LossRate = null, double? RoundTripSeconds = null, double? JitterSeconds = null, int Reports = 0);
