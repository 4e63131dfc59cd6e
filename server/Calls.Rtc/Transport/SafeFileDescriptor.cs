using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Calls.Rtc.Transport;

/// <summary>An epoll or event descriptor, closed once and never while a call uses it.</summary>
internal sealed class SafeFileDescriptor : SafeHandle
{
    /// <exception cref="SocketException"><paramref name="descriptor"/> is negative: the call that should give it failed.</exception>
    public SafeFileDescriptor(int descriptor)
        : base(invalidHandleValue: -1, ownsHandle: true)
    {
        if (descriptor < 0)
        {
            throw new SocketException(Marshal.GetLastPInvokeError());
        }

        SetHandle(descriptor);
    }

    public override bool IsInvalid => handle == -1;

    protected override bool ReleaseHandle() => LinuxNative.Close(handle) == 0;
}
