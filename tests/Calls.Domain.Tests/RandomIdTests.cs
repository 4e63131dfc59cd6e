namespace Calls.Domain.Tests;

public sealed class RandomIdTests
{
    [Fact]
    public void Ids_are_26_characters_of_the_alphabet_and_all_different()
    {
        string[] ids = [.. Enumerable.Range(0, 1000).Select(_ => RandomId.Next())];

        Assert.All(ids, id => Assert.True(RandomId.IsValid(id), id));
        Assert.Equal(1000, ids.Distinct().Count());
        Assert.Equal(32, string.Concat(ids).Distinct().Count());
    }

    [Theory]
    [InlineData("abcdefghijklmnopqrstuvwxyz", true)]
    [InlineData("0123456789abcdefghijklmnop", true)]
    [InlineData("abcdefghijklmnopqrstuvwxy", false)]
    [InlineData("abcdefghijklmnopqrstuvwxyzz", false)]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZ", false)]
    [InlineData("abcdefghijklmnopqrstuvwxy-", false)]
    public void Only_such_ids_are_valid(string id, bool isValid) => Assert.Equal(isValid, RandomId.IsValid(id));
}
