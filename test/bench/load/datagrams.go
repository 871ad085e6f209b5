package main

import (
	"crypto/rand"
	"errors"
	"net"
	"time"
)

// A datagram that is not back by then is lost.
const roundTripLimit = time.Second

// echoDatagrams sends each datagram back to where it came from.
func echoDatagrams(address string) {
	connection, err := net.ListenPacket("udp", address)
	check(err)
	buffer := make([]byte, 65536)
	for {
		length, from, err := connection.ReadFrom(buffer)
		if err == nil {
			connection.WriteTo(buffer[:length], from)
		}
	}
}

// roundTrips keeps so many datagrams under way, each on a socket of its own.
func roundTrips(address string, size, inFlight int, limit time.Duration) Timed {
	sockets := make([]net.Conn, inFlight)
	payload := make([]byte, size)
	rand.Read(payload)
	for at := range sockets {
		socket, err := net.Dial("udp", address)
		check(err)
		defer socket.Close()
		sockets[at] = socket
	}
	return repeat(inFlight, limit, 0, 0, func(worker, _ int) error {
		socket := sockets[worker]
		if _, err := socket.Write(payload); err != nil {
			return err
		}
		back := make([]byte, size+1)
		socket.SetReadDeadline(time.Now().Add(roundTripLimit))
		length, err := socket.Read(back)
		if err == nil && length != size {
			return errors.New("another length came back")
		}
		return err
	})
}
