namespace Calls.Rtc.Tests.Transport;

/// <summary>The smallest datagrams of each protocol.</summary>
internal static class Datagrams
{
    public static byte[] Stun { get; } = Convert.FromHexString("000100002112A442000102030405060708090A0B");

    public static byte[] Dtls { get; } = Convert.FromHexString("16FEFD00000000000000000000");

    public static byte[] Rtcp { get; } = Convert.FromHexString("80C9000100000001");

    public static byte[] Rtp(byte marker = 0) => [.. Convert.FromHexString("806F00010000000100000001"), marker];
}
