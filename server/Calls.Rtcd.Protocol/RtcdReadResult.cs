namespace Calls.Rtcd.Protocol;

/// <summary>What became of a frame.</summary>
public enum RtcdReadResult
{
    Ok,

    /// <summary>Not two MessagePack values, or values of a shape that cannot be decoded.</summary>
    Malformed,

    /// <summary>The data of this message has another shape: empty, nil, or values of the wrong type.</summary>
    UnexpectedData,
}
