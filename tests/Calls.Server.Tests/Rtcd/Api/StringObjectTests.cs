using System.Text;
using Calls.Server.Rtcd.Api;
using Calls.Server.Rtcd.Authentication;

namespace Calls.Server.Tests.Rtcd.Api;

public sealed class StringObjectTests
{
    [Fact]
    public void Mutated_requests_are_read_or_refused()
    {
        var random = new Random(21);
        byte[] valid = Encoding.UTF8.GetBytes("""{"clientID":"cli\u00e9ntA","authKey":"x","other":null} """);
        for (int i = 0; i < 30_000; i++)
        {
            byte[] json = (byte[])valid.Clone();
            for (int change = random.Next(5); change >= 0; change--)
            {
                json[random.Next(json.Length)] = (byte)random.Next(256);
            }

            string? fault = StringObject.TryRead(json.AsSpan(0, random.Next(json.Length + 1)), out IReadOnlyDictionary<string, string> values);
            Assert.True(fault is null or { Length: > 0 });
            Assert.InRange(values.Count, 0, 3);
        }
    }

    [Fact]
    public void Deep_nesting_is_refused() => Assert.NotNull(StringObject.TryRead(Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 50_000)), out _));

    [Fact]
    public void Mutated_headers_are_read_or_refused()
    {
        var random = new Random(22);
        string valid = $"Basic {Convert.ToBase64String("user:pass:word"u8)}";
        Assert.True(BasicCredentials.TryParse(valid, out string user, out string password));
        Assert.Equal(("user", "pass:word"), (user, password));
        Assert.True(BasicCredentials.TryParse(valid.Replace("Basic", "bASIC", StringComparison.Ordinal), out _, out _));
        Assert.False(BasicCredentials.TryParse(null, out _, out _));
        for (int i = 0; i < 30_000; i++)
        {
            char[] header = valid.ToCharArray();
            header[random.Next(header.Length)] = (char)random.Next(0x180);
            header[random.Next(header.Length)] = (char)random.Next(0x80);
            BasicCredentials.TryParse(new string(header, 0, random.Next(header.Length + 1)), out user, out password);
            Assert.InRange(user.Length + password.Length, 0, 30);
        }
    }
}
