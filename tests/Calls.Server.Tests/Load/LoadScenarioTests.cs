using Calls.Server.Load;

namespace Calls.Server.Tests.Load;

public sealed class LoadScenarioTests
{
    [Theory]
    [InlineData("documentation.json", 10)]
    [InlineData("small.json", 7)]
    public void The_committed_scenarios_can_be_read(string file, int runs)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Plugin.sln")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        IReadOnlyList<LoadOptions> read = LoadScenario.Parse(File.ReadAllText(Path.Combine(root, "tests/load", file)));

        Assert.Equal(runs, read.Count);
        Assert.All(read, static run => Assert.NotEmpty(run.Name));
    }

    [Fact]
    public void What_is_not_given_has_its_default()
    {
        LoadOptions run = Assert.Single(LoadScenario.Parse("""[{ "calls": 3, "screens": 1, },]"""));

        Assert.Equal(new LoadOptions { Calls = 3, Screens = 1 }, run);
    }

    [Theory]
    [InlineData("[]", "there is no run in it")]
    [InlineData("{", "line 1: ")]
    [InlineData("""[{"colour":1}]""", "line 1: ")]
    [InlineData("""[{"name":"big","calls":100000,"users":8}]""", "big: more than 5000 sessions")]
    [InlineData("""[{"users":2,"unmuted":3}]""", "a run: a call has no more speakers than users")]
    [InlineData("""[{"screens":2}]""", "a run: a call has at most one screen")]
    [InlineData("""[{"joinRate":0}]""", "a run: from 0 to 1,000 sessions join per second")]
    public void A_fault_is_named(string json, string fault) =>
        Assert.StartsWith(fault, Assert.Throws<FormatException>(() => LoadScenario.Parse(json)).Message, StringComparison.Ordinal);
}
