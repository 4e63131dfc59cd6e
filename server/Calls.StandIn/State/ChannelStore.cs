namespace Calls.StandIn.State;

/// <summary>Channels and who belongs to them.</summary>
internal sealed class ChannelStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Channel> _channels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, ChannelMember>> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _channelsOfUser = new(StringComparer.Ordinal);

    public Channel? Get(string id)
    {
        lock (_gate)
        {
            return _channels.GetValueOrDefault(id);
        }
    }

    public Channel? GetByName(string teamId, string name)
    {
        lock (_gate)
        {
            return _channels.Values.FirstOrDefault(c => c.TeamId == teamId && c.Name == name);
        }
    }

    /// <summary>False when the name is taken in the team (archived channels keep theirs).</summary>
    public bool TryAdd(Channel channel)
    {
        lock (_gate)
        {
            if (_channels.Values.Any(c => c.TeamId == channel.TeamId && c.Name == channel.Name))
            {
                return false;
            }

            _channels.Add(channel.Id, channel);
            _members.Add(channel.Id, new Dictionary<string, ChannelMember>(StringComparer.Ordinal));
            return true;
        }
    }

    public Channel? Update(string id, Func<Channel, Channel> change)
    {
        lock (_gate)
        {
            return _channels.TryGetValue(id, out Channel? channel) ? _channels[id] = change(channel) : null;
        }
    }

    /// <summary>All channels in order of display name, the order of the administrator's list.</summary>
    public IReadOnlyList<Channel> All()
    {
        lock (_gate)
        {
            return [.. _channels.Values.OrderBy(c => c.DisplayName, StringComparer.Ordinal).ThenBy(c => c.Id, StringComparer.Ordinal)];
        }
    }

    public ChannelMember? GetMember(string channel, string user)
    {
        lock (_gate)
        {
            return _members.TryGetValue(channel, out Dictionary<string, ChannelMember>? members) ? members.GetValueOrDefault(user) : null;
        }
    }

    public IReadOnlyList<ChannelMember> MembersOf(string channel)
    {
        lock (_gate)
        {
            return _members.TryGetValue(channel, out Dictionary<string, ChannelMember>? members)
                ? [.. members.Values.OrderBy(m => m.UserId, StringComparer.Ordinal)]
                : [];
        }
    }

    public int CountMembers(string channel)
    {
        lock (_gate)
        {
            return _members.TryGetValue(channel, out Dictionary<string, ChannelMember>? members) ? members.Count : 0;
        }
    }

    public IReadOnlyList<ChannelMember> MembershipsOf(string user)
    {
        lock (_gate)
        {
            return _channelsOfUser.TryGetValue(user, out HashSet<string>? ids)
                ? [.. ids.Order(StringComparer.Ordinal).Select(id => _members[id][user])]
                : [];
        }
    }

    /// <summary>Ids of the user's channels: what one connection caches for its delivery filter.</summary>
    public HashSet<string> IdsOf(string user)
    {
        lock (_gate)
        {
            return _channelsOfUser.TryGetValue(user, out HashSet<string>? ids) ? new HashSet<string>(ids, StringComparer.Ordinal) : [];
        }
    }

    public void PutMember(ChannelMember member)
    {
        lock (_gate)
        {
            _members[member.ChannelId][member.UserId] = member;
            if (!_channelsOfUser.TryGetValue(member.UserId, out HashSet<string>? ids))
            {
                ids = new HashSet<string>(StringComparer.Ordinal);
                _channelsOfUser.Add(member.UserId, ids);
            }

            ids.Add(member.ChannelId);
        }
    }

    public bool RemoveMember(string channel, string user)
    {
        lock (_gate)
        {
            if (!_members.TryGetValue(channel, out Dictionary<string, ChannelMember>? members) || !members.Remove(user))
            {
                return false;
            }

            _channelsOfUser[user].Remove(channel);
            return true;
        }
    }
}
