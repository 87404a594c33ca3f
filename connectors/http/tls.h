// TLS of the server: certificate, key and who may come with a certificate of their own, from files.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <string>
#include <vector>

#include "connectors/http/certificate.h"
#include "lianqing/result.h"

namespace lianqing::http {

// TLS 1.2 or newer. Refused: files that are not what they should be, a key that others may read.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> server_context(
    const TlsFiles& files);

// The common name of the certificate that the other side has proved to be its own; empty: none.
std::string proved_name(boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>& stream);

}  // namespace lianqing::http
