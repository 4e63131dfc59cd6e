using Calls.Rtc.Ice;

namespace Calls.Rtc.Tests.Ice;

public sealed class IceCredentialsTests
{
    [Fact]
    public void Our_own_are_16_and_32_letters_and_never_the_same()
    {
        var seen = new HashSet<string>();
        for (int i = 0; i < 100; i++)
        {
            var credentials = IceCredentials.Create();
            Assert.Equal((16, 32), (credentials.Ufrag.Length, credentials.Password.Length));
            Assert.All(credentials.Ufrag + credentials.Password, letter => Assert.True(char.IsAsciiLetter(letter)));
            Assert.True(seen.Add(credentials.Ufrag) && seen.Add(credentials.Password));
        }
    }

    [Theory]
    [InlineData("+Ffj", "ynsk8ZtRajR95Al2Umaniyg3", true)]
    [InlineData("abc", "ynsk8ZtRajR95Al2Umaniyg3", false)]
    [InlineData("abcd", "only21characters-----", false)]
    [InlineData("ab d", "ynsk8ZtRajR95Al2Umaniyg3", false)]
    [InlineData("ab:d", "ynsk8ZtRajR95Al2Umaniyg3", false)]
    [InlineData("abcd", "ynsk8ZtRajR95Al2Uman\r\nyg3", false)]
    public void A_peers_credentials_must_be_ice_chars_of_the_right_length(string ufrag, string password, bool isValid)
    {
        Assert.Equal(isValid, IceCredentials.TryCreate(ufrag, password, out IceCredentials? credentials));
        Assert.Equal(isValid, credentials is not null);
    }

    [Fact]
    public void Credentials_longer_than_256_characters_are_refused()
    {
        Assert.False(IceCredentials.TryCreate(new string('a', 257), new string('b', 22), out _));
        Assert.False(IceCredentials.TryCreate("abcd", new string('b', 257), out _));
        Assert.True(IceCredentials.TryCreate(new string('a', 256), new string('b', 256), out _));
    }

    [Fact]
    public void A_ufrag_of_ours_makes_a_key_and_any_other_length_does_not()
    {
        Assert.True(IceCredentials.TryGetKey("knIHQNbFTtFVyQkd"u8, out UInt128 key));
        Assert.True(IceCredentials.TryGetKey("knIHQNbFTtFVyQke"u8, out UInt128 other));
        Assert.NotEqual(key, other);
        Assert.False(IceCredentials.TryGetKey("knIHQNbFTtFVyQk"u8, out _));
        Assert.False(IceCredentials.TryGetKey(default, out _));
    }

    [Fact]
    public void The_password_does_not_show_as_text()
    {
        var credentials = IceCredentials.Create();

        Assert.Equal(credentials.Ufrag, credentials.ToString());
    }
}
