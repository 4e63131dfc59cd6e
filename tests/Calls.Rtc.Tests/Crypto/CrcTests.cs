using Calls.Rtc.Crypto;

namespace Calls.Rtc.Tests.Crypto;

public sealed class CrcTests
{
    // The check values of both CRCs in the RevEng catalogue.
    [Fact]
    public void The_check_string_gives_the_catalogued_values()
    {
        Assert.Equal(0xCBF43926u, Crc32.Compute("123456789"u8));
        Assert.Equal(0xE3069283u, Crc32c.Compute("123456789"u8));
    }

    // RFC 3720, appendix B.4.
    [Fact]
    public void Crc32c_of_the_iscsi_examples_is_right()
    {
        byte[] ones = new byte[32];
        ones.AsSpan().Fill(0xFF);

        Assert.Equal(0x8A9136AAu, Crc32c.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32c.Compute(ones));
    }

    [Fact]
    public void Appending_in_parts_equals_computing_at_once()
    {
        byte[] data = new byte[100];
        new Random(4).NextBytes(data);
        for (int cut = 0; cut <= data.Length; cut++)
        {
            Assert.Equal(Crc32.Compute(data), Crc32.Append(Crc32.Compute(data.AsSpan(0, cut)), data.AsSpan(cut)));
            Assert.Equal(Crc32c.Compute(data), Crc32c.Append(Crc32c.Compute(data.AsSpan(0, cut)), data.AsSpan(cut)));
        }
    }

    [Fact]
    public void The_slicing_tables_agree_with_the_bitwise_definition()
    {
        byte[] data = new byte[67];
        new Random(5).NextBytes(data);
        uint crc = 0xFFFFFFFF;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }
        }

        Assert.Equal(~crc, Crc32.Compute(data));
    }
}
