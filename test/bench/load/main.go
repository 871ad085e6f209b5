// Load: one static program for both ends of every measurement, so that kdev and its baselines do the same work.
//
//	load serve                           HTTP :8080 · bytes out :9001 · bytes in :9002 · UDP echo :9010 · short :9003 to :9008
//	load http URL CONNECTIONS DURATION   keep-alive requests, as fast as they are answered
//	load paced URL CONNECTIONS DURATION PER_SECOND
//	load filtered URL CONNECTIONS DURATION PER_SECOND   every tenth has a header, and does not count
//	load down HOST:PORT BYTES            reads from :9001
//	load paused HOST:PORT BYTES          the same, and its longest silence
//	load up HOST:PORT BYTES              writes to :9002 and waits for its word
//	load short HOST:PORT WORKERS DURATION client|server   who closes first
//	load udp HOST:PORT BYTES IN_FLIGHT DURATION   round trips to :9010
//	load dns PATTERN COUNT WORKERS       looks up names: %a and %b become two octets of a running number
//
// Every client prints one JSON object.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	arguments := os.Args[1:]
	if len(arguments) == 0 {
		log.Fatal("load: serve, http, paced, filtered, down, up, short, udp or dns")
	}
	need := map[string]int{"serve": 0, "http": 3, "paced": 4, "filtered": 4, "down": 2, "paused": 2, "up": 2, "short": 4, "udp": 4, "dns": 3}
	rest := arguments[1:]
	if count, known := need[arguments[0]]; !known || count != len(rest) {
		log.Fatalf("load: %q does not take %d arguments", arguments[0], len(rest))
	}
	switch arguments[0] {
	case "serve":
		serve()
	case "http":
		say(loadHTTP(rest[0], number(rest[1]), duration(rest[2]), 0))
	case "paced":
		say(loadHTTP(rest[0], number(rest[1]), duration(rest[2]), number(rest[3])))
	case "filtered":
		say(loadFiltered(rest[0], number(rest[1]), duration(rest[2]), number(rest[3])))
	case "down":
		say(down(rest[0], number(rest[1])))
	case "paused":
		say(paused(rest[0], number(rest[1])))
	case "up":
		say(up(rest[0], number(rest[1])))
	case "short":
		say(short(rest[0], number(rest[1]), duration(rest[2]), rest[3] == "server"))
	case "udp":
		say(roundTrips(rest[0], number(rest[1]), number(rest[2]), duration(rest[3])))
	case "dns":
		say(lookups(rest[0], number(rest[1]), number(rest[2])))
	}
}

const httpBody = "kdev bench"

func serve() {
	go listen(":9001", sendBytes)
	go echoDatagrams(":9010")
	go listen(":9002", receiveBytes)
	for port := 9003; port <= 9008; port++ {
		go listen(fmt.Sprintf(":%d", port), answerShort)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, httpBody) })
	log.Fatal(http.ListenAndServe(":8080", nil))
}

func listen(address string, handle func(net.Conn)) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer conn.Close()
			handle(conn)
		}()
	}
}

// sendBytes reads a count of 8 bytes and sends as many.
func sendBytes(conn net.Conn) {
	var size uint64
	if binary.Read(conn, binary.BigEndian, &size) != nil {
		return
	}
	block := make([]byte, 256<<10)
	for size > 0 {
		part := min(size, uint64(len(block)))
		if _, err := conn.Write(block[:part]); err != nil {
			return
		}
		size -= part
	}
}

// receiveBytes reads a count of 8 bytes and as many more, and answers with one. It waits for no end of stream: a port-forward
// loses the answer that comes behind one.
func receiveBytes(conn net.Conn) {
	var size uint64
	if binary.Read(conn, binary.BigEndian, &size) != nil {
		return
	}
	if _, err := io.CopyN(io.Discard, conn, int64(size)); err == nil {
		conn.Write([]byte{1})
	}
}

// answerShort sends one byte for one; the byte 's' asks it to close first.
func answerShort(conn net.Conn) {
	one := make([]byte, 1)
	if _, err := io.ReadFull(conn, one); err != nil {
		return
	}
	conn.Write(one)
	if one[0] != 's' {
		io.Copy(io.Discard, conn)
	}
}

func say(result any) {
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil || value < 0 {
		log.Fatalf("load: %q is no number", text)
	}
	return value
}

func duration(text string) time.Duration {
	value, err := time.ParseDuration(text)
	if err != nil || value <= 0 || value > time.Minute {
		log.Fatalf("load: %q is no duration up to a minute", text)
	}
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(fmt.Errorf("load: %w", err))
	}
}
