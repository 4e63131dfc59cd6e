namespace Calls.Rtcd.Protocol;

/// <summary>Message types and keys as they are written (rtcd.md 5, 6.1).</summary>
internal static class MessageName
{
    public static ReadOnlySpan<byte> Hello => "hello"u8;

    public static ReadOnlySpan<byte> Join => "join"u8;

    public static ReadOnlySpan<byte> Leave => "leave"u8;

    public static ReadOnlySpan<byte> Reconnect => "reconnect"u8;

    public static ReadOnlySpan<byte> Close => "close"u8;

    public static ReadOnlySpan<byte> Rtc => "rtc"u8;

    public static ReadOnlySpan<byte> VoiceActivity => "vad"u8;
}
