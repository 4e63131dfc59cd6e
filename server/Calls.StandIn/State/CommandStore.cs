namespace Calls.StandIn.State;

/// <summary>Custom slash commands.</summary>
internal sealed class CommandStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SlashCommand> _byId = new(StringComparer.Ordinal);

    public SlashCommand? Get(string id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    public IReadOnlyList<SlashCommand> OfTeam(string teamId)
    {
        lock (_gate)
        {
            return [.. _byId.Values.Where(c => c.TeamId == teamId)];
        }
    }

    /// <summary>False when the team already has this trigger.</summary>
    public bool TryAdd(SlashCommand command)
    {
        lock (_gate)
        {
            return _byId.Values.All(c => c.TeamId != command.TeamId || c.Trigger != command.Trigger) && _byId.TryAdd(command.Id, command);
        }
    }

    public void Put(SlashCommand command)
    {
        lock (_gate)
        {
            _byId[command.Id] = command;
        }
    }

    public void Remove(string id)
    {
        lock (_gate)
        {
            _byId.Remove(id);
        }
    }
}
