namespace Calls.Rtc.Transport;

/// <summary>A connected byte stream that never blocks. Neither direction allocates or throws.</summary>
internal interface IStreamSocket : IPollable, IDisposable
{
    /// <summary>Bytes read; 0 = nothing has arrived, negative = the peer has ended the stream, or it broke.</summary>
    int Receive(Span<byte> buffer);

    /// <summary>Bytes taken, perhaps fewer than given; 0 = none at present, negative = the stream broke.</summary>
    int Send(ReadOnlySpan<byte> bytes);
}
