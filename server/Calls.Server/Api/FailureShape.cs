namespace Calls.Server.Api;

/// <summary>How a route answers failures (rest-api.md 1.8).</summary>
internal enum FailureShape
{
    /// <summary>Family E: <c>{"message","status_code"}</c>.</summary>
    Envelope,

    /// <summary>Family T: the text and a newline.</summary>
    Text,

    /// <summary>Family J: <c>{"error"}</c>.</summary>
    ErrorObject,
}
