using System.Buffers;

namespace Calls.Server.Mattermost.Relay;

/// <summary>One whole message of a socket, in a rented buffer that its receiver returns once.</summary>
internal readonly record struct ReceivedFrame(FrameKind Kind, byte[] Buffer, int Length)
{
    public static ReceivedFrame Without(FrameKind kind) => new(kind, [], 0);

    public bool IsText => Kind == FrameKind.Text;

    public bool HasPayload => Kind is FrameKind.Text or FrameKind.Binary;

    public ReadOnlySpan<byte> Payload => Buffer.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => Buffer.AsMemory(0, Length);

    public void Return()
    {
        if (Buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(Buffer);
        }
    }
}
