namespace Calls.StandIn.Seed;

/// <summary>The demo's users, team and channels with ids that never change.</summary>
public sealed class DemoSeed
{
    public const string AdminUsername = "sysadmin";
    public const string AdminPassword = "Sys@dmin-sample1";
    public const string DemoPassword = "Demo-pass-1";
    public const string TestPassword = "testPass123$";

    internal DemoSeed(int extraUsers)
    {
        TestUserIds = [.. Enumerable.Range(0, extraUsers).Select(static i => IdOf($"usertest{i}"))];
    }

    public string TeamName { get; } = "demo";

    public string TeamId { get; } = IdOf("teamdemo");

    public string TownSquareId { get; } = IdOf("channeltownsquare");

    public string OffTopicId { get; } = IdOf("channelofftopic");

    public string AdminId { get; } = IdOf("usersysadmin");

    public string AliceId { get; } = IdOf("useralice");

    public string BobId { get; } = IdOf("userbob");

    public string CarolId { get; } = IdOf("usercarol");

    public string DaveId { get; } = IdOf("userdave");

    /// <summary>The service bot <c>calls</c>.</summary>
    public string BotId { get; } = IdOf("userbotcalls");

    /// <summary>Ids of <c>testuser-0</c>, <c>testuser-1</c>...</summary>
    public IReadOnlyList<string> TestUserIds { get; }

    /// <summary>Ids by user name, without the bot.</summary>
    public IReadOnlyDictionary<string, string> UserIds
    {
        get
        {
            var ids = new Dictionary<string, string>
            {
                [AdminUsername] = AdminId,
                ["alice"] = AliceId,
                ["bob"] = BobId,
                ["carol"] = CarolId,
                ["dave"] = DaveId,
            };
            for (int i = 0; i < TestUserIds.Count; i++)
            {
                ids[$"testuser-{i}"] = TestUserIds[i];
            }

            return ids;
        }
    }

    private static string IdOf(string name) => name.PadRight(State.Ids.Length, 'x');
}
