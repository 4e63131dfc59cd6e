using System.Text;
using Calls.Server.Api.Commands;
using Calls.Server.Tests.Signaling;

namespace Calls.Server.Tests.Api;

/// <summary>The slash command, whatever somebody types.</summary>
public sealed class CallCommandTests
{
    private const int Seed = 20261125;

    private static readonly string[] Words =
        ["/call", "/Call", "link", "stats", "recording", "host", "start", "@", "@bob", "e30=", "{}", "W10=", "\ud800", "\0", "\u2003", "=====", "eyJhIjpbW1tbXV1dXX0="];

    [Fact]
    public async Task Random_lines_have_one_answer_each()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        var command = new CallCommand(calls.HostControls, calls.Host, new FakeMattermostSite(), calls.Settings);
        var random = new Random(Seed);
        for (int run = 0; run < 3000; run++)
        {
            var line = new StringBuilder(random.Next(3) == 0 ? "" : "/call ");
            for (int word = random.Next(5); word > 0; word--)
            {
                line.Append(random.Next(4) == 0 ? Convert.ToBase64String(Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)])) : Words[random.Next(Words.Length)]).Append(' ');
            }

            string answer = await command.ExecuteAsync(new CallCommandUse(CallsHarness.Alice, calls.Channel, "team", line.ToString()), CancellationToken.None);

            Assert.True(answer.Length <= line.Length * 8 + 200, $"seed {Seed}, run {run}: {line}");
        }
    }
}
