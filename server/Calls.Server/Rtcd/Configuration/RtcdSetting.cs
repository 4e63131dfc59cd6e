namespace Calls.Server.Rtcd.Configuration;

/// <summary>The names of a setting.</summary>
/// <param name="Key">In the file: dotted, lower case.</param>
/// <param name="Variable">In the environment.</param>
internal sealed record RtcdSetting(string Key, string Variable)
{
    public static readonly RtcdSetting ListenAddress = new("api.http.listen_address", "RTCD_API_HTTP_LISTENADDRESS");
    public static readonly RtcdSetting TlsEnable = new("api.http.tls.enable", "RTCD_API_HTTP_TLS_ENABLE");
    public static readonly RtcdSetting TlsCertFile = new("api.http.tls.cert_file", "RTCD_API_HTTP_TLS_CERTFILE");
    public static readonly RtcdSetting TlsCertKey = new("api.http.tls.cert_key", "RTCD_API_HTTP_TLS_CERTKEY");
    public static readonly RtcdSetting EnableAdmin = new("api.security.enable_admin", "RTCD_API_SECURITY_ENABLEADMIN");
    public static readonly RtcdSetting AdminSecretKey = new("api.security.admin_secret_key", "RTCD_API_SECURITY_ADMINSECRETKEY");
    public static readonly RtcdSetting AllowSelfRegistration = new("api.security.allow_self_registration", "RTCD_API_SECURITY_ALLOWSELFREGISTRATION");
    public static readonly RtcdSetting ExpirationMinutes = new("api.security.session_cache.expiration_minutes", "RTCD_API_SECURITY_SESSIONCACHE_EXPIRATIONMINUTES");
    public static readonly RtcdSetting IceAddressUdp = new("rtc.ice_address_udp", "RTCD_RTC_ICEADDRESSUDP");
    public static readonly RtcdSetting IcePortUdp = new("rtc.ice_port_udp", "RTCD_RTC_ICEPORTUDP");
    public static readonly RtcdSetting IceAddressTcp = new("rtc.ice_address_tcp", "RTCD_RTC_ICEADDRESSTCP");
    public static readonly RtcdSetting IcePortTcp = new("rtc.ice_port_tcp", "RTCD_RTC_ICEPORTTCP");
    public static readonly RtcdSetting IceHostOverride = new("rtc.ice_host_override", "RTCD_RTC_ICEHOSTOVERRIDE");
    public static readonly RtcdSetting IceHostPortOverride = new("rtc.ice_host_port_override", "RTCD_RTC_ICEHOSTPORTOVERRIDE");
    public static readonly RtcdSetting IceServers = new("rtc.ice_servers", "RTCD_RTC_ICESERVERS");
    public static readonly RtcdSetting TurnSecret = new("rtc.turn.static_auth_secret", "RTCD_RTC_TURNCONFIG_STATICAUTHSECRET");
    public static readonly RtcdSetting TurnExpiration = new("rtc.turn.credentials_expiration_minutes", "RTCD_RTC_TURNCONFIG_CREDENTIALSEXPIRATIONMINUTES");
    public static readonly RtcdSetting EnableIPv6 = new("rtc.enable_ipv6", "RTCD_RTC_ENABLEIPV6");
    public static readonly RtcdSetting UdpSocketsCount = new("rtc.udp_sockets_count", "RTCD_RTC_UDPSOCKETSCOUNT");
    public static readonly RtcdSetting NackBufferSize = new("rtc.nack_buffer_size", "RTCD_RTC_NACKBUFFERSIZE");
    public static readonly RtcdSetting NackDisableCopy = new("rtc.nack_disable_copy", "RTCD_RTC_NACKDISABLECOPY");
    public static readonly RtcdSetting DataSource = new("store.data_source", "RTCD_STORE_DATASOURCE");
    public static readonly RtcdSetting EnableConsole = new("logger.enable_console", "RTCD_LOGGER_ENABLECONSOLE");
    public static readonly RtcdSetting ConsoleJson = new("logger.console_json", "RTCD_LOGGER_CONSOLEJSON");
    public static readonly RtcdSetting ConsoleLevel = new("logger.console_level", "RTCD_LOGGER_CONSOLELEVEL");
    public static readonly RtcdSetting EnableFile = new("logger.enable_file", "RTCD_LOGGER_ENABLEFILE");
    public static readonly RtcdSetting FileJson = new("logger.file_json", "RTCD_LOGGER_FILEJSON");
    public static readonly RtcdSetting FileLevel = new("logger.file_level", "RTCD_LOGGER_FILELEVEL");
    public static readonly RtcdSetting FileLocation = new("logger.file_location", "RTCD_LOGGER_FILELOCATION");
    public static readonly RtcdSetting EnableColor = new("logger.enable_color", "RTCD_LOGGER_ENABLECOLOR");

    /// <summary>Ours.</summary>
    public static readonly RtcdSetting DrainTimeout = new("drain_timeout", "RTCD_DRAINTIMEOUT");

    public static readonly IReadOnlyList<RtcdSetting> All =
    [
        ListenAddress, TlsEnable, TlsCertFile, TlsCertKey, EnableAdmin, AdminSecretKey, AllowSelfRegistration, ExpirationMinutes, IceAddressUdp, IcePortUdp, IceAddressTcp,
        IcePortTcp, IceHostOverride, IceHostPortOverride, IceServers, TurnSecret, TurnExpiration, EnableIPv6, UdpSocketsCount, NackBufferSize, NackDisableCopy, DataSource,
        EnableConsole, ConsoleJson, ConsoleLevel, EnableFile, FileJson, FileLevel, FileLocation, EnableColor, DrainTimeout,
    ];

    /// <summary>Variables that the reference reads and that have no effect here.</summary>
    public static readonly IReadOnlyList<string> IgnoredVariables = ["RTCD_RTC_DTLS_INSECURE_SKIP_HELLOVERIFY"];
}
