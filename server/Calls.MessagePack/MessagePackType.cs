namespace Calls.MessagePack;

/// <summary>What the next value in a <see cref="MessagePackReader"/> is, whichever of its encodings is used.</summary>
public enum MessagePackType
{
    /// <summary>No byte is left.</summary>
    EndOfInput,

    /// <summary>The byte 0xC1, which no version of the format ever used.</summary>
    Invalid,

    Nil,
    Boolean,
    Integer,

    /// <summary>float32 or float64.</summary>
    Float,

    String,
    Binary,
    Array,
    Map,
    Extension,
}
