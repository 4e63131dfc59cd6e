using Calls.Domain;

namespace Calls.Server.Mattermost.Delivery;

/// <summary>What is known about the members of one channel, and who still has to be asked for. Thread-safe.</summary>
internal sealed class ChannelMembers(TimeProvider time)
{
    /// <summary>Mattermost's own cache time per connection (mattermost-integration.md 3.13).</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<UserId, Entry> _known = [];
    private HashSet<UserId> _wanted = [];
    private List<Action<bool>> _answers = [];
    private Question? _asked;
    private bool _isAsking;
    private long _version;

    private readonly record struct Entry(bool IsMember, long At, long Version);

    /// <summary>One question to Mattermost.</summary>
    /// <param name="Version">Corrections made after it outrank its answer.</param>
    public sealed record Question(IReadOnlySet<UserId> Users, List<Action<bool>> Answers, long Version);

    public bool? Find(UserId user)
    {
        lock (_gate)
        {
            return FindLocked(user);
        }
    }

    /// <summary>Notes whom to ask for; <c>true</c> if the caller has to start asking.</summary>
    public bool Want(IReadOnlyCollection<UserId> users, Action<bool>? answered)
    {
        lock (_gate)
        {
            int before = _wanted.Count;
            _wanted.UnionWith(users.Where(user => FindLocked(user) is null && _asked?.Users.Contains(user) != true));
            if (answered is not null)
            {
                // The question under way answers for those it asks about.
                (_wanted.Count == before && _asked is not null ? _asked.Answers : _answers).Add(answered);
            }

            if (_isAsking || (_wanted.Count == 0 && _answers.Count == 0))
            {
                return false;
            }

            _isAsking = true;
            return true;
        }
    }

    /// <summary>The next question, or nothing when all is known: then asking has ended.</summary>
    public Question? TakeQuestion()
    {
        lock (_gate)
        {
            if (_wanted.Count == 0 && _answers.Count == 0)
            {
                _isAsking = false;
                return null;
            }

            _asked = new Question(_wanted, _answers, _version);
            (_wanted, _answers) = ([], []);
            return _asked;
        }
    }

    /// <summary>Stores an answer and tells those who wait.</summary>
    /// <param name="members">The members among those asked for; <c>null</c> if there was no answer.</param>
    public void Answer(Question question, HashSet<string>? members)
    {
        lock (_gate)
        {
            _asked = null;
            foreach (UserId user in question.Users)
            {
                bool isOutranked = _known.TryGetValue(user, out Entry entry) && entry.Version > question.Version;
                if (members is not null && !isOutranked)
                {
                    _known[user] = new Entry(members.Contains(user.Value), time.GetTimestamp(), question.Version);
                }
            }
        }

        foreach (Action<bool> answered in question.Answers)
        {
            answered(members is not null);
        }
    }

    public void Correct(UserId user, bool isMember)
    {
        lock (_gate)
        {
            _known[user] = new Entry(isMember, time.GetTimestamp(), ++_version);
        }
    }

    private bool? FindLocked(UserId user) =>
        _known.TryGetValue(user, out Entry entry) && time.GetElapsedTime(entry.At) < Lifetime ? entry.IsMember : null;
}
