using System.Numerics;

namespace Calls.Rtc;

/// <summary>How many packets of each video stream are kept for retransmission (NACKBufferSize, media.md 1.1).</summary>
public static class NackBufferSize
{
    /// <summary>What 0 stands for.</summary>
    public const int Default = 256;

    public const int Min = 32;

    public const int Max = 8192;

    /// <summary>Why a setting is refused, in rtcd's words; <c>null</c> if it is accepted.</summary>
    public static string? Validate(int value) => value switch
    {
        0 => null,
        < Min => "invalid NACKBufferSize value: should be at least 32",
        > Max => "invalid NACKBufferSize value: should not exceed 8192",
        _ when !BitOperations.IsPow2(value) =>
            "invalid NACKBufferSize value: must be a power of 2 (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)",
        _ => null,
    };

    /// <summary>The number of packets that an accepted setting means.</summary>
    public static int Packets(int value) => value == 0 ? Default : value;
}
