namespace Calls.Server.Rtcd.WebSockets;

/// <summary>A whole message or control frame, or why there is none.</summary>
/// <param name="Payload">Unmasked; valid until the next one is received.</param>
internal readonly record struct ReceivedMessage(FrameFault Fault, FrameOpcode Opcode, ReadOnlyMemory<byte> Payload);
