using Calls.StandIn.Chat;
using Calls.StandIn.State;

namespace Calls.StandIn.Seed;

/// <summary>Fills an empty server with the demo's world.</summary>
internal static class Seeding
{
    /// <summary>Returns the token of the service bot.</summary>
    public static string Apply(MattermostCore core, DemoSeed seed)
    {
        ServerState state = core.State;
        long now = state.Clock.NowMs;
        DefaultRoles.AddTo(state.Roles, now);
        state.Teams.TryAdd(new Team
        {
            Id = seed.TeamId,
            CreateAt = now,
            UpdateAt = now,
            Name = seed.TeamName,
            DisplayName = "Demo",
            InviteId = Ids.New(),
        });
        AddChannel(seed.TownSquareId, "town-square", "Town Square");
        AddChannel(seed.OffTopicId, "off-topic", "Off-Topic");

        AddUser(seed.AdminId, DemoSeed.AdminUsername, DemoSeed.AdminPassword, "System", "Administrator", "system_admin system_user");
        AddUser(seed.AliceId, "alice", DemoSeed.DemoPassword, "Alice", "Example", "system_user");
        AddUser(seed.BobId, "bob", DemoSeed.DemoPassword, "Bob", "Example", "system_user");
        AddUser(seed.CarolId, "carol", DemoSeed.DemoPassword, "Carol", "Example", "system_user");
        AddUser(seed.DaveId, "dave", DemoSeed.DemoPassword, "Dave", "Example", "system_user");
        for (int i = 0; i < seed.TestUserIds.Count; i++)
        {
            AddUser(seed.TestUserIds[i], $"testuser-{i}", DemoSeed.TestPassword, "Test", $"User {i}", "system_user");
        }

        state.Users.TryAdd(new User
        {
            Id = seed.BotId,
            CreateAt = now,
            UpdateAt = now,
            Username = "calls",
            Email = "calls@localhost",
            FirstName = "Calls",
            Roles = "system_user system_admin",
            IsBot = true,
            BotDescription = "Calls Bot",
            BotOwnerId = seed.AdminId,
        });
        return state.Sessions.CreateAccessToken(seed.BotId, "Calls").Token;

        void AddChannel(string id, string name, string displayName) => state.Channels.TryAdd(new Channel
        {
            Id = id,
            CreateAt = now,
            UpdateAt = now,
            TeamId = seed.TeamId,
            Type = "O",
            Name = name,
            DisplayName = displayName,
        });

        void AddUser(string id, string username, string password, string firstName, string lastName, string roles)
        {
            state.Users.TryAdd(new User
            {
                Id = id,
                CreateAt = now,
                UpdateAt = now,
                Username = username,
                Email = $"{username}@example.com",
                Password = password,
                FirstName = firstName,
                LastName = lastName,
                Roles = roles,
            });
            core.Memberships.JoinTeam(seed.TeamId, id);
        }
    }
}
