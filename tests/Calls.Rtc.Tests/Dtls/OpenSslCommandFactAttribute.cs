namespace Calls.Rtc.Tests.Dtls;

/// <summary>A test that needs the <c>openssl</c> command.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OpenSslCommandFactAttribute : FactAttribute
{
    public OpenSslCommandFactAttribute()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);

        if (!folders.Any(static folder => File.Exists(Path.Combine(folder, "openssl"))))
        {
            Skip = "The command openssl is not installed (Debian and Ubuntu: apt-get install openssl).";
        }
    }
}
