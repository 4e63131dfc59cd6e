namespace Calls.Rtc.Client;

/// <summary>What <see cref="ClientOffers"/> does to the outside.</summary>
internal interface IClientOffersOutput
{
    void SendLockRequest();

    void SendUnlock();

    void SendOffer(string sdp);
}
