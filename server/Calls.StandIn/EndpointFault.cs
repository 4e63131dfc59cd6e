namespace Calls.StandIn;

/// <summary>Makes REST requests slow or fail.</summary>
public sealed record EndpointFault
{
    /// <summary>HTTP method, empty for all.</summary>
    public string Method { get; init; } = "";

    /// <summary>Start of the path, for example <c>/api/v4/users/me/status</c>; empty for all.</summary>
    public string PathPrefix { get; init; } = "";

    /// <summary>Waited before the request is handled or failed.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>0 to 1; a share of the requests fails.</summary>
    public double ErrorRate { get; init; }

    /// <summary>The status of a failed request; 0 aborts the connection without an answer.</summary>
    public int Status { get; init; } = 500;

    /// <summary>The request is handled first and fails then: the caller cannot know whether it had an effect.</summary>
    public bool AfterHandling { get; init; }

    /// <summary>How many requests this applies to before it disappears; <c>null</c> = all.</summary>
    public int? Times { get; init; }
}
