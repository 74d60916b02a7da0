namespace R1Lab.Web.Https;

/// <summary>A certificate that cannot be used; the message names the file, what is wrong with it and what to do.</summary>
public sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);
